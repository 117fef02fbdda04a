# What people type. `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Debian packages that the build needs beside a Swift toolchain.
PACKAGES := git make pkg-config libsqlite3-dev libyaml-dev libusb-1.0-0-dev libsystemd-dev libgpiod-dev
# How the demonstration is built; `release` takes longer to build and less to run.
CONFIGURATION ?= debug
# Where the demonstration keeps its runs and reports.
STORE := $(CURDIR)/.build/demo
UNIT ?= EK24-000123
SOURCES := Package.swift Sources Tests

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: packages ## build, run the whole end-of-line test on the simulated rig, show verdict and report
	@mkdir -p "$(STORE)"
	log="$(STORE)/build.log"
	if [ -t 1 ]; then live=1; else live=0; echo "building ($(CONFIGURATION)), this takes minutes the first time; details in $$log"; fi
	# One line that moves on a terminal, nothing otherwise; the whole text is in the log.
	build() { swift build -c $(CONFIGURATION) --product bmsrig && swift build -c $(CONFIGURATION) --product bmsrig-guard; }
	if ! build 2>&1 | tee "$$log" | awk -v live=$$live '
	  live && /^(\[|Fetch|Comput|Creat|Updat|Build)/ { printf "\r\033[Kbuilding  %.66s", $$0; fflush() }
	  END { if (live) printf "\r\033[K" }'; then
	  grep -E "error" "$$log" | head -20 >&2 || tail -20 "$$log" >&2
	  echo "the build failed; the whole text is in $$log" >&2
	  exit 1
	fi
	.build/$(CONFIGURATION)/bmsrig run Procedures/end-of-line.yaml \
	  --rig Rigs/simulated.yaml --unit "$(UNIT)" --store "$(STORE)"

.PHONY: build
build: packages ## build everything, debug
	@swift build

.PHONY: test
test: PACKAGES += dbus-daemon dbus-bin python3-dbusmock
test: packages ## the test suite, without what has a target of its own
	@swift test --disable-xctest --skip '^(Physics|Strangers|Lab)\.|$(CATALOGUE)'

# Suites that run whole procedures dozens of times: good units of each kind, defects, wrong instruments.
CATALOGUE := ^Scenarios\.(Unit|Population|Workflow|Balancing|WrongInstrument)Scenarios

.PHONY: scenarios
scenarios: packages ## whole procedures on good units of each kind, on defects and with wrong instruments
	@swift test --disable-xctest --filter '$(CATALOGUE)'

.PHONY: physics
physics: PACKAGES += ngspice
physics: packages ## compare the simulated circuit and the cell model with ngspice
	@rm -rf .build/physics
	swift test --disable-xctest --filter '^Physics\.'
	cat .build/physics/*.md

# Programs of others that our ends must agree with: Debian packages, and PyPI packages in an environment of their own.
STRANGERS := python3-venv tshark can-utils

.PHONY: strangers
strangers: PACKAGES += $(STRANGERS)
strangers: packages python ## compare our ends of the wires with programs that others wrote
	@swift test --disable-xctest --filter '^Strangers\.'

# Named in no help: what the targets with strangers share.
.PHONY: python
python: packages
	@Tests/Strangers/prepare

# What the virtual machine of the lab needs on this computer.
MACHINE := qemu-system-x86 busybox-static kmod cpio xz-utils gcc libc6-dev python3-venv can-utils

# The bundle runs inside the virtual machine, whose root is this computer's. It needs Swift's libraries by their path.
.PHONY: lab
lab: PACKAGES += $(MACHINE)
lab: packages python ## tests over real kernel buses (GPIO, CAN, USB, Bluetooth) in a virtual machine
	@swift build --build-tests
	swift build -c release --product bmsrig
	swift build -c release --product bmsrig-guard
	export BMSRIG_PROGRAM="$$PWD/.build/release/bmsrig"
	lab=Tests/Lab/Machine/lab
	time_of() { local begin=$$EPOCHREALTIME what="$$1"; shift; "$$@"
	  awk -v a="$$begin" -v b="$$EPOCHREALTIME" -v what="$$what" 'BEGIN { printf "lab: %s: %.1f s\n", what, b - a }'; }
	time_of "machine ready" "$$lab" up >/dev/null
	"$$lab" libgpiod2 .build/lab/lines-on-libgpiod2
	time_of "boot, true, power off" "$$lab" run -- true
	export LD_LIBRARY_PATH="$$(dirname "$$(readlink -f "$$(command -v swift)")")/../lib/swift/linux"
	tests=(.build/debug/bmsrigPackageTests.xctest --testing-library swift-testing --no-parallel)
	runs='^Lab\.(EndOfLine|PulledCable|KilledRun)Tests'
	time_of "boot, all tests of ports, power off" \
	  "$$lab" tests --limit 1200 --filter '^Lab\.' --skip "$$runs" -- "$${tests[@]}"
	time_of "boot, whole runs, power off" \
	  "$$lab" tests --processors 2 --limit 3000 --filter "$$runs" -- "$${tests[@]}"
	# What crashes the kernel of Debian 12 was left out.
	export BMSRIG_LAB_KERNEL=newest
	time_of "the same with the newest kernel, failing Bluetooth links" \
	  "$$lab" tests --filter '^Lab\.BluetoothConnectTests' -- "$${tests[@]}"

# Workflows, and the packs and variants they are run for. Those for the desk ask nothing of the pack.
WORKFLOWS := design-validation end-of-line incoming-electrical incoming-lot warranty-verification balancing \
  balance-convergence
DESK := incoming-visual warranty-admission design-evidence
PACKS := NCM/24 LFP/24 LTO/24 NCM/20 LFP/16 LTO/20
VARIANTS := EK-B24S8E200A EK-B24S8E250A
SEEDS := 1

.PHONY: validation
validation: packages ## every workflow in full: each chemistry, short strings, each variant (builds for release)
	@swift build -c release --product bmsrig
	store="$$(mktemp -d)"
	trap 'rm -rf "$$store"' EXIT
	export store
	run() { # workflow pack model seed
	  local answer code=0
	  answer="$$(.build/release/bmsrig run "Procedures/$$1.yaml" --rig Rigs/simulated.yaml --unit "$(UNIT)" \
	    --chemistry "$${2%/*}" --cells "$${2#*/}" --model "$$3" --seed "$$4" \
	    --store "$$store/$$1-$${2/\//-}-$$3-$$4" 2>&1)" || code=$$?
	  printf '%-24s %-7s %s  seed %s  %s\n' "$$1" "$$2" "$$3" "$$4" \
	    "$$(grep -m1 '^Verdict' <<<"$$answer" || tail -1 <<<"$$answer")"
	  return $$code
	}
	export -f run
	{
	  for seed in $(SEEDS); do
	    for workflow in $(WORKFLOWS); do
	      for pack in $(PACKS); do echo "$$workflow $$pack EK-B24S8E300A $$seed"; done
	      for variant in $(VARIANTS); do echo "$$workflow LFP/24 $$variant $$seed"; done
	    done
	    for workflow in $(DESK); do
	      for variant in $(VARIANTS) EK-B24S8E300A; do echo "$$workflow LFP/24 $$variant $$seed"; done
	    done
	    for chemistry in NCM LFP; do echo "string-counts $$chemistry/24 EK-B24S8E300A $$seed"; done
	    echo "string-counts-lto LTO/24 EK-B24S8E300A $$seed"
	  done
	} | xargs -P "$$(nproc)" -L 1 bash -c 'run "$$@"' run

# Procedures that the catalogue of defects goes through, and how many good units the line's test must spare.
STUDIED := end-of-line incoming-electrical incoming-visual design-validation design-evidence balancing string-counts \
  string-counts-lto
POPULATION ?= 1000

.PHONY: study
study: packages ## every defect of Rigs/Units with every procedure, and good units that must pass (builds for release)
	@swift build -c release --product bmsrig
	mkdir -p .build/study
	failed=0
	study() { .build/release/bmsrig study "$$@" --rig Rigs/simulated.yaml || failed=1; }
	for procedure in $(STUDIED); do
	  study defects --procedure "Procedures/$$procedure.yaml" --catalogue Rigs/Units \
	    --output ".build/study/defects-$$procedure.json"
	done
	study population --procedure Procedures/end-of-line.yaml --units $(POPULATION) --output .build/study/population.json
	.build/release/bmsrig study report .build/study/*.json --output .build/study/study.html || failed=1
	exit $$failed

# How often the program is killed, and which points are drawn.
KILLS ?= 300
SEED ?= 1

.PHONY: crash
crash: packages ## kill runs at random points and compare what they printed with what the next start finds
	@BMSRIG_KILLS=$(KILLS) BMSRIG_SEED=$(SEED) swift test --disable-xctest --filter '^Scenarios\.CrashTests'

.PHONY: broken
broken: packages ## every way a reading can be broken, against values, series, aggregates and searches: how each ends
	@mkdir -p .build
	swift test --disable-xctest --filter 'broken.reading.of.the.voltmeter' >.build/broken.txt 2>&1 || {
	  cat .build/broken.txt
	  exit 1
	}
	grep '^broken reading' .build/broken.txt | sort
	tail -1 .build/broken.txt

# Inputs for each parser; PARSERS names some of them instead of all. What is found lies in .build/fuzz/found.
INPUTS ?= 10000000
PARSERS ?=
FUZZ_SECONDS ?= 0

.PHONY: fuzz
fuzz: packages ## millions of inputs through every parser, guided by coverage (builds with libFuzzer: minutes)
	@INPUTS=$(INPUTS) FUZZ_SECONDS=$(FUZZ_SECONDS) Tests/Fuzz/fuzz $(PARSERS)

# How many seeds; `make faults SEEDS=200 FAULTY=balancing` is a short one of another procedure.
FAULTY ?= end-of-line

.PHONY: faults
faults: SEEDS = 10000
faults: packages ## whole procedures with faults drawn from seeds; nothing bad may come of them (builds for release)
	@swift build -c release --product bmsrig
	mkdir -p .build/faults
	.build/release/bmsrig study faults --procedure Procedures/$(FAULTY).yaml --rig Rigs/simulated.yaml \
	  --seeds 1-$(SEEDS) --output .build/faults/$(FAULTY).json

.PHONY: bench
bench: PACKAGES += python3-venv
bench: packages python ## what a step, a query, a frame cost, ours beside others' (builds for release: minutes the first time)
	@BMSRIG_PYTHON=.build/strangers/bin/python3 swift run -c release bmsrig-bench

# The rates over a CAN interface of a real kernel; the machine is emulated, so only their ratio says something.
.PHONY: labbench
labbench: PACKAGES += $(MACHINE)
labbench: packages python ## what a CAN frame costs on the kernel's bus, in the lab's virtual machine
	@swift build -c release --product bmsrig-bench
	export LD_LIBRARY_PATH="$$(dirname "$$(readlink -f "$$(command -v swift)")")/../lib/swift/linux"
	export BMSRIG_PYTHON="$$PWD/.build/strangers/bin/python3"
	Tests/Lab/Machine/lab run -- .build/release/bmsrig-bench can

# Runs of each kind of end in the campaign.
COUNT ?= 200

.PHONY: campaign
campaign: packages ## end energised runs in every way at random points; how long outputs stay on (builds for release)
	@swift build -c release
	mkdir -p .build/campaign
	.build/release/bmsrig-bench campaign $(COUNT) "$$(mktemp -d .build/campaign/XXXXXX)" | tee .build/campaign/result.txt

.PHONY: format
format: ## bring all sources into the project's form
	@swift format -i -r $(SOURCES)

.PHONY: lint
lint: ## say where sources depart from the project's form
	@swift format lint --strict -r $(SOURCES)

.PHONY: clean
clean: ## remove everything that was built, and the demonstration's runs
	@swift package clean
	rm -rf "$(STORE)"

# Installs what is missing, and touches nothing when all is there, so that it works without a network.
.PHONY: packages
packages:
	@missing=()
	for name in $(PACKAGES); do
	  dpkg-query -W -f '$${Status}' "$$name" 2>/dev/null | grep -q ' installed$$' || missing+=("$$name")
	done
	if [ $${#missing[@]} -gt 0 ]; then
	  if [ "$$(id -u)" -ne 0 ]; then
	    echo "These Debian packages are missing: $${missing[*]}" >&2
	    echo "Install them, then try again:  sudo apt-get install $${missing[*]}" >&2
	    exit 1
	  fi
	  echo "installing $${missing[*]}"
	  apt-get update -qq </dev/null
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$${missing[@]}" </dev/null >/dev/null
	fi
	if ! command -v swift >/dev/null; then
	  echo "No 'swift' in PATH: install the Swift 6.3 toolchain for Debian (https://www.swift.org/install/linux/)." >&2
	  exit 1
	fi
