#!/usr/bin/env bash
# Opens a report in headless Chromium: pictures at desktop and phone width, a PDF,
# no console error, no request, and nothing that has to be scrolled sideways.
# usage: browser.sh REPORT.html OUTDIR
set -euo pipefail
page=$(realpath "$1") out=$2
mkdir -p "$out"
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
chromium=$(command -v chromium || command -v chromium-browser)
flags=(--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
  --disable-component-update --disable-sync --hide-scrollbars --user-data-dir="$profile")

show() { # name width
  timeout 120 "$chromium" "${flags[@]}" --enable-logging=stderr --v=0 --window-size="$2,1400" --screenshot="$out/$1.png" "file://$page" 2>"$out/$1.log" || true
  [ -s "$out/$1.png" ] || { cat "$out/$1.log"; echo "no picture at width $2"; exit 1; }
  if grep -E 'CONSOLE' "$out/$1.log"; then echo "the console has messages at width $2"; exit 1; fi
}
show desktop 1280
show phone 500 # the narrowest window that headless Chromium makes

# The width that the page needs, measured in a frame as narrow as a phone. The
# page itself runs no script, so that a copy of it is measured in its frame.
cat >"$profile/measure.html" <<EOF
<!doctype html><body style="margin:0"><iframe id="f" src="file://$page" style="width:375px;height:4000px;border:0"></iframe>
<script>
onload = () => { const d = f.contentDocument.documentElement
  document.title = "width " + d.scrollWidth + " of " + d.clientWidth
  document.body.insertAdjacentHTML("beforeend", "<pre id=r>" + document.title + " scripts " + f.contentDocument.scripts.length + "</pre>") }
</script>
EOF
timeout 120 "$chromium" "${flags[@]}" --allow-file-access-from-files --virtual-time-budget=3000 --dump-dom "file://$profile/measure.html" 2>/dev/null >"$out/measure.html"
measured=$(grep -o 'width [0-9]* of [0-9]* scripts [0-9]*' "$out/measure.html" | head -n 1)
[ "$measured" = "width 375 of 375 scripts 0" ] || { echo "at phone width: $measured, want width 375 of 375 scripts 0"; exit 1; }

timeout 120 "$chromium" "${flags[@]}" --no-pdf-header-footer --print-to-pdf="$out/report.pdf" "file://$page" 2>/dev/null
head -c 5 "$out/report.pdf" | grep -q '%PDF-' || { echo "no PDF"; exit 1; }
echo "browser: $measured; $(wc -c <"$out/report.pdf") bytes of PDF; pictures in $out"
