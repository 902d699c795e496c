CREATE TABLE "Events" ("Time" BIGINT, "User" VARCHAR NOT NULL, "Action" VARCHAR NOT NULL, "Bytes" BIGINT, "Ok" BOOLEAN, "Detail" JSON, "Score" DOUBLE, "odd "" 'name" VARCHAR NOT NULL);
INSERT INTO "Events" VALUES
  (639000000000000000, 'ana', 'New-InboxRule', 10, true, '{"a":{"b":"x"},"list":[1,2,3],"n":5}', 1.5, 'p'),
  (639000036000000000, 'ana', 'Set-Mailbox', 20, false, '{"a":{"b":"y"},"list":[],"n":"5"}', 2.5, ''),
  (639000072000000001, 'bob', 'new-inboxrule', NULL, NULL, '{"a":null,"list":[{"k":"v"},{"k":"w"}]}', NULL, 'q'),
  (639000864000000000, 'bob', 'MailItemsAccessed', 40, true, '[5,{"a":1}]', -1, ''),
  (639001728000000000, 'eva_x', 'New InboxRule now', 9223372036854775807, true, NULL, 0, 'r'),
  (NULL, '', '', 0, false, '"text"', 7, '');
