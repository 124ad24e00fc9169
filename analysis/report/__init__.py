"""The report of a study: one self-contained page for a lay reader first, with the numbers in tables behind.

`recipes` computes everything from the exported tables and is printed in the report, so that whoever has the tables can
compute it again; `cells` holds back what stands on few persons; the rest turns results into words and HTML.
"""
