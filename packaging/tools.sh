# shellcheck shell=bash
# Functions for the scripts beside this file, which source it in the root of the repository: tools, which
# are put below `target`. Sets $cargo_target to that folder.

cargo_target=$(cargo metadata --locked --format-version 1 --no-deps | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
mkdir -p "$cargo_target" target

# Prints the path of a tool of crates.io, compiled without optimisation, which is faster on the whole.
cargo_tool() {
  local name=$1 version=$2 folder
  folder="$cargo_target/$name-$version"
  if [ ! -x "$folder/bin/$name" ]; then
    CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet --locked --debug --root "$folder" "$name@$version" >&2
  fi
  echo "$folder/bin/$name"
}

# Prints the path of the program that makes Debian packages.
cargo_deb() { cargo_tool cargo-deb 3.8.0; }
