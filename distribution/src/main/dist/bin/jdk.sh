# Sourced by the start scripts. Sets java25 to the folder of a JDK 25; ends the script if there is none.
is_jdk25() {
  [ -n "$1" ] && [ -x "$1/bin/java" ] && grep -q '^JAVA_VERSION="25[".]' "$1/release" 2>/dev/null
}

find_jdk25() {
  for java25 in "${JAVA25_HOME:-}" "${JAVA_HOME:-}" /usr/lib/jvm/*25* /usr/lib64/jvm/*25* \
    "${HOME:-}"/.sdkman/candidates/java/*25* "${HOME:-}"/.jdks/*25* \
    /Library/Java/JavaVirtualMachines/*25*/Contents/Home; do
    is_jdk25 "$java25" && return
  done
  java25=$(java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p')
  is_jdk25 "$java25" && return
  echo "asynctx: no JDK 25 found; install one (a package usually puts it under /usr/lib/jvm), or set JAVA25_HOME or JAVA_HOME to its folder" >&2
  exit 1
}

find_jdk25
