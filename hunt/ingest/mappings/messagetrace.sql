-- Message traces in the shape of EmailEvents; a row with several recipients stays one row.
let sender = coalesce(m['sender_address'], m['senderaddress'])
let recipient = coalesce(m['recipientaddress'], regexp_replace(coalesce(m['recipient_status'], ''), '##[^;]*', '', 'g'))
InternetMessageId = coalesce(m['message_id'], m['messageid'])
NetworkMessageId = coalesce(m['network_message_id'], m['messagetraceid'])
RecipientEmailAddress = recipient
RecipientDomain = split_part(recipient, '@', 2)
SenderFromAddress = sender
SenderFromDomain = split_part(sender, '@', 2)
SenderMailFromAddress = coalesce(m['return_path'], sender)
SenderIPv4 = CASE WHEN contains(coalesce(m['original_client_ip'], m['fromip'], ''), '.') THEN m_ip(coalesce(m['original_client_ip'], m['fromip'])) END
SenderIPv6 = CASE WHEN contains(coalesce(m['original_client_ip'], m['fromip'], ''), ':') AND NOT contains(coalesce(m['original_client_ip'], m['fromip'], ''), '.') THEN m_ip(coalesce(m['original_client_ip'], m['fromip'])) END
Subject = coalesce(m['message_subject'], m['subject'])
DeliveryAction = CASE WHEN lower(coalesce(m['status'], m['recipient_status'], '')) LIKE '%deliver%' THEN 'Delivered' ELSE m['status'] END
EmailDirection = CASE lower(m['directionality']) WHEN 'incoming' THEN 'Inbound' WHEN 'originating' THEN 'Outbound' ELSE m['directionality'] END
EmailSize = coalesce(m['total_bytes'], m['size'])
Connectors = m['connector_id']
SourceSystem = 'MessageTrace'
