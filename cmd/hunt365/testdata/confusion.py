#!/usr/bin/env python3
"""Check incidents and verdicts against labelled evidence.

usage: confusion.py GROUND_TRUTH.json REPORT.json    (hunt365 report --json)

Prints how many incidents there are, which labels lie in more than one, which incidents mix
tenants, and a confusion table: users that malicious labels name as acting against users that only
benign labels name. Exit status 1 where a benign user is compromised, an incident mixes tenants, or
a label is split.
"""
import json, sys

truth = json.load(open(sys.argv[1], encoding='utf-8'))['findings']
report = json.load(open(sys.argv[2], encoding='utf-8'))
incidents = report.get('incidents') or []
where = {}
for i in incidents:
    for e in i['evidence']:
        for r in e['records']:
            where.setdefault(r.lower(), set()).add(i['id'])
split, outside = [], []
for label in truth:
    if label['technique'] == 'benign' or not label.get('record_ids'):
        continue
    hits = [where[r.lower()] for r in label['record_ids'] if r.lower() in where]
    if not hits:
        outside.append(label['id'])
    elif len(set.union(*hits)) > 1:
        split.append((label['id'], sorted(set.union(*hits))))
tenants = {}
for i in incidents:
    tenants.setdefault(i['id'], set()).add(i.get('tenant', ''))
mixed = [i for i, t in tenants.items() if len(t) > 1]

# A spray names those it was tried on; only the labels of acts name who acted.
attempt = ('T1110',)
bad, tried, benign = set(), set(), set()
for label in truth:
    users = {u.lower() for u in label.get('users') or []}
    if label['technique'] == 'benign':
        benign |= users
    elif label['technique'].startswith(attempt):
        tried |= users
    else:
        bad |= {u for u in users if '@' in u}
benign -= bad | tried
rank = ['compromised', 'suspicious', 'cannot-tell', 'no-sign']
verdict = {}
for v in report.get('verdicts') or []:
    if v['identity']['type'] in ('account', 'mailbox'):
        name = v['identity']['id'].lower()
        verdict[name] = min(verdict.get(name, 'no-sign'), v['verdict'], key=rank.index)
rest = set(verdict) - bad - tried - benign
print(f"{len(incidents)} incidents; labels split over incidents: {split or 'none'}; labels outside incidents: {outside or 'none'}; incidents that mix tenants: {mixed or 'none'}")
print(f"{'users':34}" + ''.join(f'{r:>13}' for r in rank + ['no verdict']))
for name, users in (('acted in malicious labels', bad), ('only attacked', tried - bad), ('only in benign labels', benign), ('in no label', rest)):
    row = [sum(verdict.get(u) == r for u in users) for r in rank] + [sum(u not in verdict for u in users)]
    print(f'{name:34}' + ''.join(f'{n:13}' for n in row))
for u in sorted(bad):
    if verdict.get(u) != 'compromised':
        print(f'  not compromised though labelled: {u}: {verdict.get(u)}')
wrong = [u for u in benign if verdict.get(u) == 'compromised']
sys.exit(1 if wrong or mixed or split or len(incidents) > 12 else 0)
