# Shared by the commands of this directory (source it): makes a Debian machine ready, and builds.

set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '\n== %s\n' "$*"; }
fail() { printf '\n%s\n' "$*" >&2; exit 1; }

# Installs the system packages that are missing. Root, or a user with sudo.
install_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    say "Installing system packages: ${missing[*]}"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "These packages are missing: ${missing[*]}. Install them as root, or install sudo."
        as_root=(sudo)
    fi
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

prepare_machine() {
    command -v apt-get >/dev/null || fail "This command sets up Debian and its kin with apt-get, which is not here. README.md lists what is needed."
    install_packages build-essential ca-certificates git pkg-config \
        libsodium-dev librocksdb-dev libsqlite3-dev zlib1g-dev minisign tzdata "$@"
    if ! command -v swift >/dev/null; then
        fail "The Swift toolchain is missing. Install Swift 6.3 or later for Debian 12 as https://www.swift.org/install/linux describes,
put its usr/bin on PATH so that 'swift --version' answers, and run this command again."
    fi
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    case "$version" in
        6.[3-9] | 6.[1-9][0-9] | [7-9].* | [1-9][0-9].*) ;;
        *) fail "Swift 6.3 or later is needed; 'swift --version' says '${version:-nothing}'. See https://www.swift.org/install/linux." ;;
    esac
    say "Swift $version on $(. /etc/os-release && printf '%s' "$PRETTY_NAME"), $(nproc) cores"
}

# Builds in the release configuration, tests included: one configuration serves all. SwiftPM shows its progress.
build() {
    say "Building (a first build takes some 15 minutes on two cores)"
    (cd "$top" && swift build -c release --build-tests --explicit-target-dependency-import-check error)
    say "Building the browser's ballot module"
    "$top/Deploy/ballot-web.sh"
}
