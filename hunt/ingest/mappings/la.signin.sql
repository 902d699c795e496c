-- Sign-ins as exported.
generic j
IPAddress = m_ip(j.IPAddress)
