"""The weather at the house: who asks a provider for it, and when.

The provider's form is read here and nowhere else. What follows from the weather is a rule's to say.
"""
