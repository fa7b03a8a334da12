"""Reading sources: files into text, text into the contract's columns, with every bad value named."""
