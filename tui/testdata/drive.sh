#!/usr/bin/env bash
# Drives the real program under tmux as a person would and asserts what the
# screen shows: drive.sh HUNT365 [FOLDER FOR CAPTURES]
set -euo pipefail
bin=$(realpath "$1")
captures=${2:-}
[ -z "$captures" ] || { mkdir -p "$captures" && captures=$(realpath "$captures"); }
work=$(mktemp -d)
socket=hunt365-drive-$$
mux() { tmux -L "$socket" -f /dev/null "$@"; }
trap 'mux kill-server 2>/dev/null || true; rm -rf "$work"' EXIT

screen() { mux capture-pane -p -t drive; }

fail() {
  printf 'drive: %s\n' "$1" >&2
  screen >&2 || true
  exit 1
}

# shows TEXT: waits until the screen shows it.
shows() {
  for _ in $(seq 200); do
    if screen | grep -qF -- "$1"; then return; fi
    sleep 0.1
  done
  fail "the screen never showed: $1"
}

key() { mux send-keys -t drive "$@"; }
text() { mux send-keys -t drive -l -- "$1"; }
keep() { [ -z "$captures" ] || screen >"$captures/$1.txt"; }

cd "$work"
status=0
"$bin" demo --keep demo >/dev/null 2>&1 || status=$?
[ "$status" -eq 1 ] || { echo "drive: demo ended with $status, want 1"; exit 1; }
export XDG_STATE_HOME=$work/state LANG=C.UTF-8
mux new-session -d -s drive -x 120 -y 40 "NO_COLOR=1 '$bin' tui --case demo; echo ended with \$? >ended; sleep 60"

shows "VERDICTS ("
shows "INCIDENTS (1)"
keep home
key j Enter
shows "EVENTS"
keep verdict
key e Enter
shows "RECORDS (2)"
keep finding
key / && text "e37882b5" && key Enter Enter
shows '"Operation": "Set domain authentication."'
keep record
key Escape && shows "RECORDS (2)"
sleep 0.2 # an escape followed at once by a key would be alt and that key
key Escape && sleep 0.2 && key Escape && shows "EVENTS"
sleep 0.2
key Escape && shows "VERDICTS ("
key g Enter && shows "WHAT TO DO"
keep incident

key : && text "explore OfficeActivity" && key Enter
shows "row 1 of 473"
keep explore
key / && text 'Operation == "Send"' && key Enter
shows "row 1 of 73"
key l l p
shows "Everything about "
shows " records, "
keep pivot
key Escape && shows "row 1 of 73"
key x && shows "export to" && text "$work/sent.csv" && key Enter
shows "wrote "
[ "$(wc -l <"$work/sent.csv")" -eq 74 ] || fail "sent.csv has $(wc -l <"$work/sent.csv") lines, want 74"

key '\;' && shows "KQL>"
text "OfficeActivity | summarize n=count() by Operation | order by n desc, Operation asc | render barchart" && key Enter
shows "MailItemsAccessed ██"
keep kql-bars
key '\;' && text " | wher" && key Enter
shows "^" # the caret
keep kql-error

# Every size, while it runs: the frame has to fit and the program to live.
for size in 20x5 39x9 40x10 50x15 79x23 80x24 119x29 120x30 160x50 250x80 120x40; do
  mux resize-window -t drive -x "${size%x*}" -y "${size#*x}"
  sleep 0.15
  [ ! -e ended ] || fail "the program ended at $size"
done
key Escape && sleep 0.2 && key 1 && shows "VERDICTS ("
key q
for _ in $(seq 100); do [ -e ended ] && break; sleep 0.1; done
[ "$(cat ended)" = "ended with 0" ] || fail "it did not end well: $(cat ended)"

# The next start is where this one ended.
grep -q '"view":"home"' "$XDG_STATE_HOME/hunt365/session.json" || fail "no session was kept"
echo "drive: from verdict to record and back, filter, pivot, export, KQL, sizes, quit"
