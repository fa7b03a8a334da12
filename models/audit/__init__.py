"""Are the reasons true? The contributions that reasons are made of, held against what the model does when asked again."""
