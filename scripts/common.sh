# Shared by ./run, ./crm and ./test. Everything said goes to stderr: stdout belongs to the command that follows.

# No banners and no telemetry of the tools in between.
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

say() {
  echo "$*" >&2
}

need_dotnet() {
  if ! command -v dotnet >/dev/null; then
    say "The .NET SDK 10 is missing: https://dotnet.microsoft.com/download/dotnet/10.0 says how to install it."
    exit 1
  fi
}

# Installs a package of Debian or Ubuntu; elsewhere says what is needed.
install_package() {
  if ! command -v apt-get >/dev/null; then
    say "$2"
    exit 1
  fi
  local as_root=""
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      say "The package $1 is missing and takes root to install: apt-get install $1"
      exit 1
    fi
    as_root=sudo
  fi
  say "Installing the package $1 ..."
  local log
  log=$(mktemp)
  if ! { $as_root apt-get update && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$1"; } >"$log" 2>&1 </dev/null; then
    say "That failed:"
    tail -n 20 "$log" >&2
    rm -f "$log"
    exit 1
  fi
  rm -f "$log"
}

need_postgres() {
  if compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || command -v initdb >/dev/null || command -v pg_config >/dev/null; then
    return
  fi
  # Debian would start a server of its own, which nobody here uses.
  if command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
  fi
  install_package postgresql "PostgreSQL 15 or newer is missing. Install its server (Fedora: postgresql-server, Arch and Homebrew: postgresql), or set CRM_POSTGRES to a server's connection string."
}

# Debian has Chromium also without windows: fewer packages, and pages that open faster. The long tests take the one that people have.
need_chromium() {
  if [ "${CRM_FULL:-}" != 1 ] && command -v chromium-headless-shell >/dev/null; then
    return
  fi
  if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null; then
    if [ "${CRM_FULL:-}" != 1 ] && (install_package chromium-headless-shell "Chromium is missing.") 2>/dev/null; then
      return
    fi
    install_package chromium "Chromium is missing; the tests of the page need it. Install chromium."
  fi
}

# Chinese shows as boxes without a font that has it.
need_chinese_font() {
  if ! command -v fc-list >/dev/null || [ -z "$(fc-list :lang=zh family | head -n 1)" ]; then
    install_package fonts-wqy-microhei "A font with Chinese signs is missing; pictures of the pages need it. Install fonts-wqy-microhei."
  fi
}

need_node() {
  if ! command -v node >/dev/null; then
    install_package nodejs "Node.js 20 or newer is missing; the tests of published clients need it. Install nodejs and npm."
  fi
  if ! command -v npm >/dev/null; then
    install_package npm "npm is missing; the tests of published clients need it. Install npm."
  fi
}

# The published clients that the tests send with; the lock file says which, and their hashes.
need_clients() {
  local clients="$root/tests/clients" log
  if ! (need_node); then
    say "The tests of published clients are skipped."
    return
  fi
  if [ "$clients/node_modules/.package-lock.json" -nt "$clients/package-lock.json" ]; then
    return
  fi
  say "Fetching the published clients ..."
  log=$(mktemp)
  if ! (cd "$clients" && npm ci) >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    say "That failed; the tests that need them are skipped."
    return
  fi
  rm -f "$log"
  touch "$clients/node_modules/.package-lock.json"
}

# What a build depends on: every source file with its time and size.
fingerprint() {
  find "$root/src" "$root/tests" "$root/bench" "$root/scripts" "$root"/*.props "$root"/*.sln "$root/global.json" "$root/.editorconfig" \
    \( -name bin -o -name obj -o -name node_modules -o -name TestResults -o -name results \) -prune -o -type f -printf '%p %T@ %s\n' | LC_ALL=C sort | sha256sum
}

# Builds Release, unless it is built and nothing has changed since. $1: all, or product (without tests and benchmarks).
build_if_changed() {
  local note="$root/artifacts/built-$1" solution="$root/Crm.Orleans.sln" now log
  if [ "$1" = product ]; then
    solution="$root/scripts/product.slnf"
  fi
  now=$(fingerprint)
  if [ -f "$note" ] && [ "$(cat "$note")" = "$now" ] && [ -f "$root/src/Crm.Cli/bin/Release/net10.0/crm.dll" ]; then
    return
  fi
  say "Building ..."
  mkdir -p "$root/artifacts"
  log=$(mktemp)
  if ! dotnet build "$solution" -c Release --nologo -v quiet >"$log" 2>&1 </dev/null; then
    grep -E "(error|warning) " "$log" | sort -u | head -n 30 >&2 || tail -n 30 "$log" >&2
    say "The build failed."
    rm -f "$log"
    exit 1
  fi
  rm -f "$log"
  echo "$now" >"$note"
  if [ "$1" = all ]; then
    echo "$now" >"$root/artifacts/built-product"
  fi
}
