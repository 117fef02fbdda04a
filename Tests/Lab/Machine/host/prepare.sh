# Turns packages into a kernel, an initial file system and a folder laid over this computer's root.

# Sets `kernel` and `extra`, the folders of the machine; makes what is not there. Two folders, because this computer's
# own packages change more often than the kernel.
prepare() {
  check_host_commands
  mkdir -p "$cache"
  # Several checkouts share the cache: one fetches, the others wait for it.
  exec 8>"$cache/.lock"
  flock 8
  resolve_packages_once
  local recipe=("$machine"/host/{packages,prepare}.sh)
  kernel="$cache/kernel-$(cat <(echo "$kernel_packages $module_packages") "${recipe[@]}" "$machine/guest/init" | key)"
  extra="$cache/extra-$(cat <(echo "$extra_packages") "${recipe[@]}" | key)"
  make_once "$kernel" fill_kernel
  make_once "$extra" fill_extra
  flock -u 8
}

# Makes a folder of the cache with a function, unless it is there.
make_once() {
  local folder="$1" fill="$2" begin=$EPOCHREALTIME work
  if [ ! -e "$folder/complete" ]; then
    echo "lab: preparing $folder" >&2
    # What nobody used for a month belongs to old packages.
    find "$cache" -mindepth 1 -maxdepth 1 -mtime +30 ! -name .lock -exec rm -rf {} +
    work="$(mktemp -d "$cache/new.XXXXXX")"
    # Not in a condition: bash would go on after an error there.
    set +e
    (set -e && "$fill" "$work") >"$work/log" 2>&1
    local code=$?
    set -e
    if [ "$code" -ne 0 ]; then
      tail -20 "$work/log" >&2
      echo "lab: the machine could not be prepared; the whole text is in $work/log" >&2
      return 1
    fi
    rm -rf "$work/packages" "$work/build" "$folder"
    touch "$work/complete"
    chmod 755 "$work"
    mv "$work" "$folder"
    echo "lab: prepared in $(seconds_since "$begin") s" >&2
  fi
  touch "$folder"
}

seconds_since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }'; }

# The kernel, its modules and those built here.
fill_kernel() {
  local work="$1"
  export PATH="$PATH:/usr/sbin:/sbin"
  fetch "$work/packages" $kernel_packages $module_packages
  mkdir -p "$work/build"
  lay_over "$work" $kernel_packages
  mv "$work/root/boot/vmlinuz-$release" "$work/vmlinuz"
  rm -rf "$work/root/boot"
  build_modules "$work"
  depmod -b "$work/root" "$release"
  make_initrd "$work"
}

# Programs that this computer lacks.
fill_extra() {
  mkdir -p "$1/root"
  [ -n "$extra_packages" ] || return 0
  fetch "$1/packages" $extra_packages
  lay_over "$1" $extra_packages
}

# Downloads packages into a folder. Lists of an hour ago may name versions that the archive no longer has.
fetch() {
  local folder="$1"
  shift
  mkdir -p "$folder"
  (cd "$folder" && apt-get download -q -o APT::Sandbox::User=root "$@") && return
  echo "lab: a download failed; 'apt-get update' may be due" >&2
  return 1
}

package_file() { find "$1/packages" -name "${2%%=*}_*.deb"; }

# Unpacks packages into a folder that is laid over the root. `bin`, `lib` and `sbin` must stay links: a real folder of
# that name would hide this computer's, and nothing would run.
lay_over() {
  local work="$1" name
  shift
  for name in bin sbin lib lib32 lib64 libx32; do
    mkdir -p "$work/root/usr/$name"
    ln -s "usr/$name" "$work/root/$name"
  done
  for name in "$@"; do
    dpkg-deb --fsys-tarfile "$(package_file "$work" "$name")" |
      tar -x -C "$work/root" --keep-directory-symlink --no-same-owner
  done
}

# Debian's kernels have no gpio-sim. It is built here from Debian's own source package, together with the simulated
# interrupts that it needs, which upstream are never a module.
build_modules() {
  local work="$1" name tree source module
  if find "$work/root/usr/lib/modules" -name 'gpio-sim.ko*' | grep -q .; then return; fi
  for name in $module_packages; do
    case "$name" in
    linux-source-*) source="${name%%=*}" ;;
    *) dpkg-deb -x "$(package_file "$work" "$name")" "$work/build" ;;
    esac
  done
  tree="$work/build/usr/src/linux-headers-$release"
  grep -rlI '/usr/src/' "$tree/Makefile" "$tree/.kernelvariables" 2>/dev/null |
    xargs sed -i "s,/usr/src/,$work/build/usr/src/,g"
  module="$work/build/module"
  mkdir "$module"
  # tar stops at the last file it was asked for, so the writing end of the pipe fails; the files are what counts.
  dpkg-deb --fsys-tarfile "$(package_file "$work" "$source")" | tar -xO "./usr/src/$source.tar.xz" | xz -dc |
    tar -x -C "$module" --strip-components=1 --occurrence=1 \
      "$source/drivers/gpio/gpio-sim.c" "$source/drivers/gpio/gpiolib.h" "$source/kernel/irq/irq_sim.c" || true
  mv "$module"/drivers/gpio/* "$module"/kernel/irq/irq_sim.c "$module"
  sed -i -e 's,#include <linux/irq_work.h>,&\n#include <linux/irqdesc.h>\n#include <linux/module.h>,' \
    -e 's,irq_to_desc(irqnum),irq_data_to_desc(irq_get_irq_data(irqnum)),' "$module/irq_sim.c"
  echo 'MODULE_LICENSE("GPL");' >>"$module/irq_sim.c"
  echo 'obj-m := irq_sim.o gpio-sim.o' >"$module/Makefile"
  # Type information for tracing would need a program more.
  make -C "$tree" M="$module" CONFIG_DEBUG_INFO_BTF_MODULES= modules
  mkdir -p "$work/root/usr/lib/modules/$release/extra"
  cp "$module"/*.ko "$work/root/usr/lib/modules/$release/extra"
}

# A file system of a few MB that mounts the real ones.
make_initrd() {
  local work="$1" root="$1/build/initrd" module number=100
  mkdir -p "$root/bin" "$root/modules" "$root"/{proc,sys,dev,host,kernel,extra,rw,new}
  cp "$(command -v busybox)" "$root/bin/busybox"
  cp "$machine/guest/init" "$root/init"
  chmod 755 "$root/init"
  for module in virtio_pci 9pnet_virtio 9p overlay virtio_console virtio_rng; do
    modprobe -d "$work/root" -S "$release" --show-depends "$module"
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r module; do
    number=$((number + 1))
    case "$module" in
    *.xz) xz -dc "$module" >"$root/modules/$number.ko" ;;
    *) cp "$module" "$root/modules/$number.ko" ;;
    esac
  done
  (cd "$root" && find . | cpio -o -H newc --quiet | gzip) >"$work/initrd"
}
