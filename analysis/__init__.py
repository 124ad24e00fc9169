"""Statistics for intensive longitudinal data: frames in, results out.

Nothing here knows a database, settings, the clock or a global random state. Importing this package is
light; each module imports the heavy libraries that it needs itself.
"""
