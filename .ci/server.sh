# Functions for the scripts beside this file, which source it: tools below `target`, and a server that
# ends with the script. It leaves the script in the repository's root, with $target set.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v python3 >/dev/null || { echo "python3 is missing: install it to run $0" >&2; exit 1; }
target=$(cargo metadata --locked --format-version 1 --no-deps | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
# Before the first build it is not there.
mkdir -p "$target"

# Prints the folder of a virtual environment with the given packages; the first must be name==version.
venv() {
  local venv="$target/${1/==/-}"
  # Created elsewhere and renamed, an environment is complete or absent. Its scripts contain their own
  # path, so that its programs are run as `bin/python -m`.
  if [ ! -d "$venv" ]; then
    local part
    part=$(mktemp -d "$venv.XXXXXX")
    python3 -m venv "$part"
    "$part/bin/python" -m pip install --quiet --disable-pip-version-check "$@" >&2
    mv "$part" "$venv"
  fi
  echo "$venv"
}

# Prints the folder that has the given npm packages in its node_modules; each must be name@version.
node_modules() {
  command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer to run $0" >&2; exit 1; }
  local modules
  modules="$target/node-$(IFS=-; tr '@/' '--' <<<"$*")"
  if [ ! -d "$modules" ]; then
    local part
    part=$(mktemp -d "$modules.XXXXXX")
    npm install --silent --no-audit --no-fund --no-save --prefix "$part" "$@" >&2
    mv "$part" "$modules"
  fi
  echo "$modules"
}

server=
folder=$(mktemp -d)
# Stops the server, and waits, so that it writes no file into a folder that is being removed.
clean_up() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" || true
  fi
  rm -rf "$folder"
}
trap clean_up EXIT
# Clients must not look for this server behind a proxy of the machine.
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

# Builds roomd and starts it with a new database, on a free port. Sets $url to its address, and writes
# a key to $folder/key.json.
start_server() {
  cargo build --locked --quiet
  local roomd="$target/debug/roomd" database="$folder/roomd.db" ready
  "$roomd" key create --json --database "$database" >"$folder/key.json"
  mkfifo "$folder/ready"
  "$roomd" serve --listen 127.0.0.1:0 --database "$database" >"$folder/ready" 2>"$folder/log" &
  server=$!
  if ! read -r ready <"$folder/ready"; then
    cat "$folder/log" >&2
    exit 1
  fi
  url=$(sed -E 's/.*(https?:[^ ]+).*/\1/' <<<"$ready")
}

# Runs the command; if it fails, prints the server's log.
drive() {
  "$@" || { echo "the server's log:" >&2; cat "$folder/log" >&2; exit 1; }
}
