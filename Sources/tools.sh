# Sourced by the scripts that build: Swift on the PATH, a C and C++ compiler, and SQLite as an archive to link in.
#
# What is missing is installed where that needs no question (Debian and Ubuntu, as root). Otherwise the script ends, and says all
# that is missing and how to get it.

# say SENTENCE: what a person should know, in the name of the script that sources this.
say() { echo "$(basename "$(dirname "$0")")/$(basename "$0"): $*" >&2; }

# fail SENTENCE: ends that script.
fail() { say "$@"; exit 1; }

# install PACKAGE...: installs Debian's packages, if this is Debian or Ubuntu and the user may; false if not.
install() {
    command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ] || return 1
    say "installing $*"
    local get=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
    "${get[@]}" install -y "$@" >&2 2>/dev/null || { "${get[@]}" update >&2 && "${get[@]}" install -y "$@" >&2; }
}

# find_swift: puts Swift on the PATH if it is in one of the places where it is usually unpacked.
find_swift() {
    local place
    command -v swift >/dev/null && return
    for place in "${HOME-}/.local/share/swiftly/bin" /opt/swift/usr/bin /usr/local/swift/usr/bin /usr/share/swift/usr/bin; do
        if [ -x "$place/swift" ]; then
            export PATH=$place:$PATH
            return
        fi
    done
}

# recent_swift: whether the Swift on the PATH is 6.3 or later.
recent_swift() {
    [[ $(swift --version 2>/dev/null) =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] &&
        [ $((BASH_REMATCH[1] * 1000 + BASH_REMATCH[2])) -ge 6003 ]
}

has_compilers() { command -v cc >/dev/null && command -v c++ >/dev/null; }

# SQLite is a part of macOS.
has_sqlite() {
    [ "$(uname -s)" = Darwin ] || { [ -f "$(cc -print-file-name=libsqlite3.a)" ] && echo '#include <sqlite3.h>' | cc -E - >/dev/null 2>&1; }
}

# sqlite_archive SCRATCH: makes a directory for pkg-config that has SQLite's archive link in, and prints its path.
sqlite_archive() {
    local archives=$1/archives
    # The linker takes the first libsqlite3 it finds: let that be a directory that holds the archive alone.
    mkdir -p "$archives"
    ln -sf "$(readlink -f "$(cc -print-file-name=libsqlite3.a)")" "$archives/libsqlite3.a"
    printf '%s\n' "Name: SQLite" "Description: the archive alone" "Version: 3" "Libs: -L$archives -lsqlite3" \
        >"$archives/sqlite3.pc"
    echo "$archives"
}

need_tools() {
    local missing=()
    find_swift
    if ! command -v swift >/dev/null; then
        missing+=("Swift 6.3 or later is not on the PATH: get it from https://swift.org/install")
    elif ! recent_swift; then
        missing+=("$(command -v swift) is older than Swift 6.3, or does not run: get a newer one from https://swift.org/install")
    fi
    has_compilers || install build-essential || true
    has_compilers || missing+=("there is no C and C++ compiler (cc, c++); on Debian and Ubuntu: apt-get install build-essential")
    if has_compilers; then
        has_sqlite || install libsqlite3-dev || true
        has_sqlite || missing+=("libsqlite3.a or sqlite3.h is missing; on Debian and Ubuntu: apt-get install libsqlite3-dev")
    fi
    [ ${#missing[@]} -eq 0 ] || fail "$(printf '%s\n' "${#missing[@]} missing:" "${missing[@]/#/  - }")"
}

need_tools
