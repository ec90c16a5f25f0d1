"""Table Schema, as far as the national schemas use it: https://specs.frictionlessdata.io/table-schema/.

What it does not know it names as not checked: nothing of a schema is passed over in silence.
"""
