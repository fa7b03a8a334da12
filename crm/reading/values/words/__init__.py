"""Words as they are compared, and what those of outcomes say in the languages of CRMs' exports."""
