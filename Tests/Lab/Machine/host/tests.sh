# Runs a test bundle in the machine. Real time on a shared computer fails now and then: a suite that failed is looked at
# once more, in a machine just booted. What failed is told at the end, both times; what fails twice has failed.

# The failed suites in a log, as `A|B`.
failed_suites() {
  sed -nE 's/^✘ Suite "?([A-Za-z0-9_]+)"? failed after.*/\1/p' "$1" | sort -u | paste -sd '|'
}

# The reasons in a log.
reasons() {
  grep -E '^(✘ Test .* recorded an issue|✘ Test "|↳ )' "$1" | grep -v ' failed after ' | cut -c1-600 | head -n 40 || true
}

# Runs the bundle once in a new machine. Arguments: the log, then filter, skip, and the command.
run_bundle() {
  local log="$1" filter="$2" skip="$3" options=()
  shift 3
  [ -z "$skip" ] || options=(--skip "$skip")
  "$machine/lab" run --limit "$limit" --memory "$memory" --processors "$processors" ${out:+--out "$out"} -- \
    "$@" --filter "$filter" "${options[@]}" 2>&1 | tee "$log"
}

# Arguments: filter, skip, the command.
run_tests() {
  local filter="$1" skip="$2" code=0 again="" folder
  shift 2
  folder="$(mktemp -d "${TMPDIR:-/tmp}/bmsrig-lab-tests.XXXXXX")"
  run_bundle "$folder/first" "$filter" "$skip" "$@" || code=$?
  if [ "$code" -eq 0 ]; then rm -rf "$folder" && return 0; fi
  echo "lab: failed (exit code $code):" && reasons "$folder/first"
  again="$(failed_suites "$folder/first")"
  if [ "$code" -eq 125 ]; then
    again="" && echo "lab: all of it once more, because the machine died"
  elif [ "$code" -eq 124 ] || [ -z "$again" ] || [ "$(tr -cd '|' <<<"$again" | wc -c)" -gt 2 ]; then
    rm -rf "$folder" && return "$code"
  else
    filter="^Lab\\.($again)/" && echo "lab: once more: ${again//|/, }"
  fi
  code=0
  run_bundle "$folder/second" "$filter" "$skip" "$@" || code=$?
  echo "lab: failed the first time:" && reasons "$folder/first"
  if [ "$code" -eq 0 ]; then
    echo "lab: passed the second time"
  else
    echo "lab: failed the second time too (exit code $code):" && reasons "$folder/second"
  fi
  rm -rf "$folder"
  return "$code"
}
