"""The path of rejected leads, once for every place where sales answers and is told: rejected, back, rejected again (decision 0031)."""
