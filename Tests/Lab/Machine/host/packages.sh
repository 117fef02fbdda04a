# Which Debian packages make up the machine, and in which versions. Nothing here is installed on this computer.

# What the guest needs beyond the kernel; whatever of it this computer has installed is used from there.
guest_packages="kmod udev dbus-daemon iproute2 gpiod can-utils dbus-bin bluez bluez-test-tools"
# What has to be installed here: `make lab` does.
host_commands="qemu-system-x86_64 busybox depmod cpio gcc make xz flock timeout"

# The depends line of PACKAGE, one dependency with its version a line.
depends() {
  apt-cache show --no-all-versions "$1" | sed -n 's/^Depends: //p' | head -1 | tr ',' '\n' | sed 's/^ *//; s/ *$//'
}

# NAME=VERSION of the newest PACKAGE that apt offers.
newest() {
  local version
  version="$(apt-cache show --no-all-versions "$1" | sed -n 's/^Version: //p' | head -1)"
  [ -n "$version" ] || { echo "lab: apt offers no package '$1': run 'apt-get update'" >&2 && return 1; }
  echo "$1=$version"
}

# Which of the kernels that apt offers: a series such as 6.12, or `newest`; empty for that of the release.
series="${BMSRIG_LAB_KERNEL:-}"

# The meta-package of the kernel. Debian 12 offers two series; the one of its own, 6.1, has bugs that later ones lack.
kernel_package() {
  local own offered
  own="$(depends linux-image-amd64 | sed -nE 's/^linux-image-([0-9]+\.[0-9]+).*/\1/p')"
  offered="$(apt-cache pkgnames linux-image- | sed -nE 's/^linux-image-([0-9]+\.[0-9]+)-amd64$/\1/p' | sort -V | tail -1)"
  [ "$series" != newest ] || series="$(printf '%s\n' "$own" "$offered" | sort -V | tail -1)"
  case "${series:-$own}" in
  "$own") echo linux-image-amd64 ;;
  "$offered") echo "linux-image-$offered-amd64" ;;
  *) echo "lab: apt offers no kernel '$series', only $own $offered" >&2 && return 1 ;;
  esac
}

# Sets `release`, `kernel_packages`, `module_packages` and `extra_packages`. Debian's security suite renames kernel
# packages often, so the names come from the meta-packages. Modversions are on: image, headers and source must be of
# one version.
resolve_packages() {
  [ "$(dpkg --print-architecture)" = amd64 ] || { echo "lab: only amd64 computers are supported" >&2 && return 1; }
  local meta image version headers source name
  meta="$(kernel_package)"
  image="$(depends "$meta" | sed -n 's/^\(linux-image-[^ ]*\).*/\1/p')"
  [ -n "$image" ] || { echo "lab: apt knows no $meta: run 'apt-get update'" >&2 && return 1; }
  release="${image#linux-image-}"
  image="$(newest "$image")"
  version="${image#*=}"
  headers="linux-headers-$release"
  source="linux-source-$(sed -E 's/^([0-9]+\.[0-9]+).*/\1/' <<<"$release")"
  kernel_packages="$image"
  module_packages="$headers=$version $source=$version"
  for name in $(depends "$headers" | sed -n 's/^\(linux-headers-[^ ]*-common\|linux-kbuild-[^ ]*\).*/\1/p'); do
    module_packages+=" $(newest "$name")"
  done
  # A dry run names exactly what this computer lacks, with dependencies.
  extra_packages="$(LC_ALL=C apt-get install --dry-run --no-install-recommends $guest_packages 2>/dev/null |
    sed -nE 's/^Inst ([^ ]+) (\[[^]]*\] )?\(([^ ]+).*/\1=\3/p' | sort | tr '\n' ' ')"
}

# Asking apt takes seconds, so the answer is kept until packages or lists change.
resolve_packages_once() {
  local answer
  answer="$cache/packages-$({
    echo "$series" && stat -c '%n %Y %s' /var/lib/dpkg/status /var/lib/apt/lists/* && cat "$machine"/host/*
  } | key)"
  if [ ! -e "$answer" ]; then
    resolve_packages
    declare -p release kernel_packages module_packages extra_packages | sed 's/^declare --/declare -g/' >"$answer.new"
    mv "$answer.new" "$answer"
  fi
  touch "$answer"
  . "$answer"
}

# A name for what stands on the standard input.
key() { sha256sum | cut -c1-16; }

check_host_commands() {
  local missing=() name
  for name in $host_commands; do
    PATH="$PATH:/usr/sbin:/sbin" command -v "$name" >/dev/null || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return
  echo "lab: these commands are missing: ${missing[*]}. Install them with:" >&2
  echo "  sudo apt-get install --no-install-recommends qemu-system-x86 busybox-static kmod cpio xz-utils gcc make" >&2
  return 1
}
