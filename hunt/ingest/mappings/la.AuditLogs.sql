-- Directory audits as exported; a query may have renamed Type.
generic j
Id = coalesce(nullif(j.Id, ''), id)
ActivityDateTime := coalesce(m_any_ticks(coalesce(j.ActivityDateTime, j."ActivityDateTime [UTC]")), t)
