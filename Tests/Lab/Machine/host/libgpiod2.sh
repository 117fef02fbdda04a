# libgpiod 2, which Debian has from release 13 on, built from Debian's source: this computer's may be version 1.6.

# Sets `libgpiod2`, a folder with its header and library; makes it when it is not there.
prepare_libgpiod2() {
  mkdir -p "$cache"
  exec 8>"$cache/.lock"
  flock 8
  libgpiod2="$cache/libgpiod2-$(key <"$machine/host/libgpiod2.sh")"
  make_once "$libgpiod2" fill_libgpiod2
  flock -u 8
}

fill_libgpiod2() {
  local work="$1" url size sum
  mkdir -p "$work/packages/lists/partial" "$work/build"
  cd "$work/packages"
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main" \
    >sources.list
  # A list of its own, so that this computer's packages stay what they are.
  local options=(-q -o APT::Sandbox::User=root -o "Dir::Etc::SourceList=$PWD/sources.list"
    -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$PWD/lists" -o "Dir::Cache=$PWD")
  apt-get "${options[@]}" update
  read -r url size sum < <(apt-get "${options[@]}" source --print-uris libgpiod |
    sed -nE "s/^'([^']*orig\.tar\.[a-z0-9]+)' [^ ]+ ([0-9]+) (SHA256:[0-9a-f]+)$/\1 \2 \3/p")
  [ "$size" -gt 0 ]
  /usr/lib/apt/apt-helper download-file "$url" source.tar "$sum"
  tar -xf source.tar -C "$work/build" --strip-components=1
  mkdir "$work/include" "$work/build/objects"
  cp "$work/build/include/gpiod.h" "$work/include"
  cd "$work/build/objects"
  gcc -O1 -D_GNU_SOURCE -DGPIOD_VERSION_STR='"2"' -I../include -I../lib -c ../lib/*.c
  ar rcs "$work/libgpiod.a" ./*.o
}

# Builds the product's GPIO code and a small program around it on libgpiod 2. Argument: the program's path.
build_on_libgpiod2() {
  local sources
  sources="$(readlink -f "$machine/../../..")/Sources/CLinuxPorts"
  mkdir -p "$(dirname "$1")"
  gcc -O1 -Wall -Wextra -Werror -I"$libgpiod2/include" -I"$sources/include" \
    "$machine/libgpiod2/lines.c" "$sources"/gpio*.c "$libgpiod2/libgpiod.a" -lpthread -o "$1"
}
