#!/usr/bin/env bash
# Serves a folder of published files with the real nginx by the sample settings, and asks for everything in it (`served.py`).
# `tests/nginx.sh FOLDER`; the folder holds a feed named `all`.
set -euo pipefail
source "$(dirname "$0")/served.sh"
sed -e "s|listen 80;|listen 127.0.0.1:$port;|" -e "s|alias /srv/courant/public/;|alias $folder/;|" config/nginx/courant.conf > "$work/courant.conf"
modules=
for module in /usr/lib/nginx/modules/ngx_http_brotli_static_module.so; do
  [ -e "$module" ] || continue
  modules="load_module $module;"
  sed -i 's|# brotli_static on;|brotli_static on;|' "$work/courant.conf"
done
cat > "$work/nginx.conf" <<CONF
$modules
daemon off;
pid $work/pid;
error_log $work/errors warn;
events {}
http {
  access_log off;
  client_body_temp_path $work/body; proxy_temp_path $work/proxy; fastcgi_temp_path $work/fastcgi;
  uwsgi_temp_path $work/uwsgi; scgi_temp_path $work/scgi;
  include $work/courant.conf;
}
CONF
# Its workers run as another user where this runs as root.
chmod -R o+rX "$work"
nginx -c "$work/nginx.conf" -e "$work/errors" & server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$work"' EXIT
python3 tests/served.py nginx "$folder" "http://127.0.0.1:$port/feeds/" "$modules"
if grep -qE '\[(error|crit|alert|emerg)\]' "$work/errors" && grep -vE 'No such file|access forbidden' "$work/errors" | grep -qE '\[(error|crit|alert|emerg)\]'; then
  echo "nginx complains:"; cat "$work/errors"; exit 1
fi
