"""Fields, rights and rules that make a Salesforce organisation ready to take scores, as a folder that its tools deploy.

Nothing here calls Salesforce.
"""
