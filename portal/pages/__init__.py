"""The pages for people, in Spanish and English.

What belongs here: what each page shows, and filling its template. What does not: addresses and headers, which are
`portal.routes` and `portal.front`; how figures and days read, which is `contracts.wording`.
"""
