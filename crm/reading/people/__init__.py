"""What is personal and never leaves the reader, by heading and by value: names of people, addresses, numbers that name a person.

``personal.py`` judges a column, ``headings.py`` and ``name_forms.py`` give its evidence, ``contact_details.py`` blanks what stands
inside texts. Nothing is decided here of what people own in a company: owners and reps stay, a desk must show whose lead it is.
"""
