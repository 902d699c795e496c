package hunt

// remedy is a step that is due for entities of a kind when the incident shows
// one of the techniques; none means always.
type remedy struct {
	entity     EntityType
	roles      []Role
	techniques []string
	do, why    string
	script     string // $X is the entity, quoted; every line has its comment
}

// remedies are in the order in which they are taken: first what cuts the
// intruder off, then what they left behind, then what to look at.
var remedies = []remedy{
	{
		Account,
		[]Role{Acted},
		nil, "Block the account's sign-in", "Stops new sign-ins while the rest is done.",
		"Update-MgUser -UserId $X -AccountEnabled:$false  # no new sign-ins; set to $true again at the end",
	},
	{
		Account,
		[]Role{Acted},
		nil, "Revoke the account's sessions and refresh tokens", "A new password does not end sessions that are open.",
		"Revoke-MgUserSignInSession -UserId $X  # ends sessions; access tokens live on for up to an hour",
	},
	{
		Account,
		[]Role{Acted},
		[]string{"T1110", "T1078", "T1556", "T1557", "T1539", "T1098"},
		"Reset the password", "The intruder may know it.",
		"Reset-MgUserAuthenticationMethodPassword -UserId $X -AuthenticationMethodId 28c10230-6103-485e-b985-444c60001490  # new random password; tell it to the owner in person",
	},
	{
		Account,
		[]Role{Acted, Target},
		[]string{"T1098.005", "T1556.006"},
		"Review sign-in methods and devices; remove the intruder's", "Methods registered by the intruder outlive a new password.",
		"Get-MgUserAuthenticationMethod -UserId $X  # list them; remove what the owner does not know",
	},
	{
		App,
		[]Role{Acted, Target},
		nil, "Disable the application", "Tokens of a disabled application are refused.",
		"Get-MgServicePrincipal $FIND | ForEach-Object { Update-MgServicePrincipal -ServicePrincipalId $_.Id -AccountEnabled:$false }  # disable, do not delete: it is evidence",
	},
	{App, nil, []string{"T1098.001"}, removeKeys, "Whoever holds the secret can sign in as the application.", ""},
	{
		App,
		[]Role{Acted, Target},
		[]string{"T1528", "T1098.003"},
		"Withdraw the permissions that were granted", "Consent survives new passwords.",
		"Get-MgServicePrincipal $FIND | ForEach-Object { Get-MgServicePrincipalOauth2PermissionGrant -ServicePrincipalId $_.Id; Get-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $_.Id }  # list, then remove each with the matching Remove- command",
	},
	{
		Mailbox,
		[]Role{Acted, Target},
		[]string{"T1564.008", "T1137.005", "T1114.003"},
		"Remove inbox rules and forwarding that the owner did not make", "They go on copying and hiding mail.",
		"Get-InboxRule -Mailbox $X -IncludeHidden  # list hidden ones too; Remove-InboxRule -Mailbox … -Identity … for each bad one",
	},
	{
		Mailbox,
		[]Role{Acted, Target},
		[]string{"T1114.003"},
		"End the mailbox's forwarding", "It sends every message away.",
		"Set-Mailbox -Identity $X -ForwardingSmtpAddress $null -ForwardingAddress $null -DeliverToMailboxAndForward $false  # no forwarding",
	},
	{
		Mailbox,
		[]Role{Acted, Target},
		[]string{"T1098.002"},
		"Remove rights on the mailbox that were granted", "Delegates read on without any password.",
		"Get-MailboxPermission -Identity $X | Where-Object { -not $_.IsInherited }  # list, then Remove-MailboxPermission for each that should not be",
	},
	{
		Account,
		[]Role{Target},
		[]string{"T1098.003"},
		"Take away roles that were granted", "A role makes every other step reversible by the intruder.",
		"Get-MgUserMemberOf -UserId $X  # look for directory roles; Remove-MgDirectoryRoleMemberByRef for each that should not be",
	},
	{
		Domain,
		[]Role{Acted, Target},
		[]string{"T1484.002", "T1606.002"},
		"Reset the domain's federation, and its token signing certificate twice", "The old certificate stays valid beside a new one until it is replaced again.",
		"Get-MgDomainFederationConfiguration -DomainId $X  # compare issuer and certificate with AD FS; then Update-AdfsCertificate -CertificateType Token-Signing -Urgent, TWICE, and update the trust",
	},
	{
		Host,
		[]Role{Acted, Target},
		[]string{"T1552.004", "T1003.006"},
		"Isolate the server, and replace its signing keys twice", "Who read the key container can make tokens for any user.",
		"Update-AdfsCertificate -CertificateType Token-Signing -Urgent  # on the primary AD FS server, twice; then update the trust in Entra",
	},
	{
		"", nil,
		[]string{"T1562.008"},
		"Turn the audit log on again", "What happened meanwhile was not recorded.",
		"Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $true  # recording starts within an hour",
	},
	{"", nil, []string{"T1562.001", "T1556.009"}, "Restore the protection and access policies that were changed", "They let the next intrusion in.", ""},
	{IP, []Role{Acted}, nil, "Block the address, where it is not shared", "It is the cheapest thing for the intruder to change, so it comes last.", ""},
	{"", nil, nil, "Keep the evidence: export the case and lengthen the logs' retention", "Logs end after 30 to 180 days.", ""},
}
