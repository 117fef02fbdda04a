# Boots the machine, gives it one command, takes back output and exit code.

# The kernel's own virtualisation only where the processor shows it: a paravirtual KVM opens, then hangs a stock kernel.
accelerator() {
  if [ -w /dev/kvm ] && grep -qE '^flags.* (vmx|svm)( |$)' /proc/cpuinfo; then echo kvm; else echo tcg,thread=multi; fi
}

# Writes the guest's script. Arguments: folder, `command` or `shell`, the command.
write_command() {
  local folder="$1" kind="$2" name
  shift 2
  {
    printf 'cd %q\n' "$PWD"
    printf 'export PATH=%q HOME=%q TERM=%q LANG=%q\n' \
      "$machine/guest/bin:$PATH:/usr/sbin:/sbin" "$HOME" "${TERM:-dumb}" "${LANG:-C.UTF-8}"
    printf 'export LAB=1 LAB_OUT=/run/lab/out LAB_RULES=%q\n' "$(readlink -f "$machine/../../..")/Rigs/udev"
    for name in LD_LIBRARY_PATH ${!BMSRIG_@}; do
      [ -z "${!name+x}" ] || printf 'export %s=%q\n' "$name" "${!name}"
    done
    printf 'LAB_KIND=%q\n' "$kind"
    [ "$kind" = command ] || printf 'stty %s\n' "$(stty size | awk '{ print "rows", $1, "cols", $2 }')"
    printf 'exec'
    printf ' %q' "$@"
    echo
  } >"$folder/command"
}

# Runs the machine once. Arguments: `command` or `shell`, the command.
run_machine() {
  local kind="$1" folder code begin
  shift
  folder="$(mktemp -d "${TMPDIR:-/tmp}/bmsrig-lab.XXXXXX")"
  scratch="$folder"
  trap 'rm -rf "$scratch"' EXIT
  mkdir "$folder/guest" "$folder/host"
  share="${out:-$folder/out}"
  mkdir -p "$share"
  share="$(readlink -f "$share")"
  cp "$machine/guest/start" "$folder/guest/start"
  write_command "$folder/guest" "$kind" "$@"
  local channels=()
  if [ "$kind" = shell ]; then
    channels=(-device virtconsole,chardev=terminal -chardev stdio,id=terminal,signal=off)
  else
    # Pipes rather than this process's own descriptors: those may be sockets, which cannot be opened again.
    mkfifo "$folder/host/stdout" "$folder/host/stderr"
    cat "$folder/host/stdout" & local stdout=$!
    cat "$folder/host/stderr" >&2 & local stderr=$!
    channels=(
      -chardev "file,id=stdout,path=$folder/host/stdout" -device virtserialport,chardev=stdout,name=stdout,nr=1
      -chardev "file,id=stderr,path=$folder/host/stderr" -device virtserialport,chardev=stderr,name=stderr,nr=2
    )
  fi
  local arguments=(
    -nodefaults -no-user-config -display none -no-reboot -M q35 -cpu max -accel "$(accelerator)" -smp "$processors" -m "$memory"
    -kernel "$kernel/vmlinuz" -initrd "$kernel/initrd"
    # A crash ends the machine at once. The kernel's look whether timers work fails when this computer is busy.
    -append "console=ttyS0 quiet oops=panic panic=-1 no_timer_check mitigations=off net.ifnames=0 lab=$kind"
    -serial "file:$folder/host/console" -device virtio-rng-pci -device virtio-serial-pci
    -fsdev local,id=host,path=/,security_model=none,readonly=on,multidevs=remap
    -device virtio-9p-pci,fsdev=host,mount_tag=host
    -fsdev "local,id=kernel,path=$kernel/root,security_model=none,readonly=on"
    -device virtio-9p-pci,fsdev=kernel,mount_tag=kernel
    -fsdev "local,id=extra,path=$extra/root,security_model=none,readonly=on"
    -device virtio-9p-pci,fsdev=extra,mount_tag=extra
    -fsdev "local,id=lab,path=$folder/guest,security_model=none" -device virtio-9p-pci,fsdev=lab,mount_tag=lab
    -fsdev "local,id=out,path=$share,security_model=none" -device virtio-9p-pci,fsdev=out,mount_tag=out
    # Two CAN controllers on one bus.
    -object can-bus,id=bus0 -device kvaser_pci,canbus=bus0 -device kvaser_pci,canbus=bus0
    "${channels[@]}"
  )
  local before=""
  if [ "$kind" = shell ]; then before="$(stty -g)" && stty raw -echo; fi
  code=0
  timeout --foreground --kill-after 5 "$limit" qemu-system-x86_64 "${arguments[@]}" \
    2>"$folder/host/qemu" || code=$?
  if [ "$kind" = shell ]; then
    stty "$before"
  else
    # A machine that did not even start has opened neither pipe, and their readers still wait for that.
    : 7<>"$folder/host/stdout" 7<>"$folder/host/stderr"
    wait "$stdout" "$stderr" || true
  fi
  finish "$folder" "$code"
}

# Decides the exit code and shows what helps.
finish() {
  local folder="$1" code="$2" status crash
  if [ -e "$folder/guest/status" ]; then
    status="$(cat "$folder/guest/status")"
  else
    if [ "$code" -eq 124 ] || [ "$code" -eq 137 ]; then
      echo "lab: the machine was ended after $limit s, the limit" >&2
      status=124
    elif crash="$(grep -aoE -m1 '(BUG: |Oops|general protection|kernel BUG|Kernel panic).*' "$folder/host/console")"; then
      echo "lab: the machine's kernel crashed: ${crash%$'\r'}" >&2
      status=125
    else
      echo "lab: the machine died before the command ended (qemu: exit code $code)" >&2
      status=125
    fi
    cat "$folder/host/qemu" >&2
  fi
  if [ "$status" -ne 0 ] && [ -s "$folder/host/console" ]; then
    echo "lab: the machine's console, last lines:" >&2
    tail -n 30 "$folder/host/console" | tr -d '\r' >&2
  fi
  return "$status"
}
