"""How the sales of a clean company works: in office hours, within hours, as often as agreed, with reasons that the record bears out.

Everything is drawn for the whole span as one :class:`~leadq.crm.simulated.sales.sales_record.SalesRecord`; faults change it, tables cut it.
"""
