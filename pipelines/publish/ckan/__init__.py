"""A CKAN as a target: survey, plan, apply, verify.

What belongs here: projecting releases onto a CKAN through its action API. What does not: the embedded portal, and
what a release is.
"""
