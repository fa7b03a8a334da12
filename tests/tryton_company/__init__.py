"""Fields of a company's own on its leads, as companies add them to Tryton: a module that only tests install."""
