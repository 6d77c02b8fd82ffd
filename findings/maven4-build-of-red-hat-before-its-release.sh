#!/usr/bin/env bash
# Maven 4 puts a patched build before the release that it patches: 1.0.0.Final-redhat-00001 < 1.0.Final; Maven 3.9 after.
#
# Seen with: maven-artifact 3.9.12 and 4.0.0-rc-5, 2026-11-29; 143 of 5,151 pairs of real version forms differ in all.
# For users: a range such as >=1.0.Final holds the patched build with one Maven and not with the other. bomgate follows
# 3.9 (docs/reference/versions.md).
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"

cat >Order.java <<'JAVA'
import org.apache.maven.artifact.versioning.ComparableVersion;

public class Order {
    public static void main(String[] two) {
        System.out.println(Integer.signum(new ComparableVersion(two[0]).compareTo(new ComparableVersion(two[1]))));
    }
}
JAVA
answer() {
  mvn -q dependency:copy -Dartifact="org.apache.maven:maven-artifact:$1" -DoutputDirectory="$folder" >/dev/null
  java -cp "$folder/maven-artifact-$1.jar" Order.java 1.0.0.Final-redhat-00001 1.0.Final
}
three=$(answer 3.9.12)
four=$(answer 4.0.0-rc-5)
echo "1.0.0.Final-redhat-00001 against 1.0.Final: Maven 3.9.12 says $three, Maven 4.0.0-rc-5 says $four"
[ "$three" = 1 ] && [ "$four" = -1 ]
