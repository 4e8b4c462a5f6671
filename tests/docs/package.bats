#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The packages that contrib/package builds: what is in them, and what happens
# where they are installed, upgraded and removed.

load ../lib/helpers

# Builds a package once for all tests: packaged deb|rpm [DIRECTORY]
# Without the tests, which run already.  PACKAGES is where it is.
packaged() {
	case $1 in
	deb)	requires dpkg-buildpackage dh ;;
	rpm)	requires rpmbuild rpm ;;
	esac
	[[ ! -e $SOURCE_DIR/config.status ]] || skip "needs a build elsewhere"
	PACKAGES=$BATS_FILE_TMPDIR/${2-$1}
	[[ ! -e $PACKAGES.done ]] || return 0
	[[ ! -e $PACKAGES ]] || { echo "it could not be built"; return 1; }
	# As in build.bats: what configure leaves behind for a second is its own.
	env -u DAEMONIZE_TEST -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u CC \
	    -u CFLAGS -u CPPFLAGS -u LDFLAGS \
	    "$SOURCE_DIR/contrib/package" --nocheck "$1" "$PACKAGES" 3>&-
	: >"$PACKAGES.done"
}

# Sets DEB, and RPM below: the package itself.
deb() {
	packaged deb "$@"
	DEB=$(echo "$PACKAGES"/daemonize-ng_*.deb)
}

rpm_package() {
	packaged rpm
	RPM=$(find "$PACKAGES" -name 'daemonize-ng-[0-9]*.rpm' ! -name '*.src.rpm')
}

# A fresh folder, and what installs into it.
dpkg_into() {
	requires root
	mkdir -p root/var/lib/dpkg/{info,updates,triggers}
	touch root/var/lib/dpkg/{status,available}
	# What it depends on is in the system.
	dpkg --root="$TMP/root" --log=/dev/null --force-depends "$@" 3>&-
}

rpm_into() {
	requires root
	mkdir -p root
	rpm --root "$TMP/root" --dbpath /var/lib/rpm --nodeps "$@" 3>&-
}

# The packages that are installed in the folder, with their versions.
rpm_has() {
	rpm --root "$TMP/root" --dbpath /var/lib/rpm -qa \
	    --qf '%{name} %{version}\n' 3>&-
}

# The files of the folder that belong to no package manager, sorted.
files() {
	(cd root && find . ! -type d ! -path './var/*' ! -path './dev/*' |
	    sed 's/^\.//' | sort)
}

# The packages that are installed in the folder.
dpkg_has() {
	dpkg-query --admindir="$TMP/root/var/lib/dpkg" -W \
	    -f='${binary:Package} ${db:Status-Status}\n' 2>/dev/null |
	    sed -n 's/ installed$//p'
}

# A package as bmc's, with its files: other_deb NAME VERSION
other_deb() {
	mkdir -p other/DEBIAN other/usr/bin other/usr/share/doc/daemonize
	cat >other/DEBIAN/control <<-END
		Package: $1
		Version: $2
		Architecture: all
		Maintainer: nothing <nothing@localhost>
		Description: another one
	END
	echo "another one" | tee other/usr/bin/daemonize \
	    >other/usr/share/doc/daemonize/other
	dpkg-deb --root-owner-group -b other other.deb
}

other_rpm() {
	cat >other.spec <<-END
		Name: $1
		Version: $2
		Release: 1
		Summary: another one
		License: none
		BuildArch: noarch
		%description
		Another one.
		%install
		mkdir -p %{buildroot}%{_bindir} %{buildroot}%{_docdir}
		echo another one >%{buildroot}%{_bindir}/daemonize
		echo another one >%{buildroot}%{_docdir}/other
		%files
		%{_bindir}/daemonize
		%{_docdir}/other
	END
	rpmbuild -bb --define "_topdir $TMP/rpmbuild" other.spec 3>&-
	mv rpmbuild/RPMS/*/*.rpm other.rpm
}

our_version() {
	launch --version | sed 's/.* //'
}

# The program of the folder is the one, and can be executed.
has_our_program() {
	equal version "$(root/usr/bin/daemonize --version)" \
	    "$(launch --version)"
}

# The deb again, with another version: deb_of_version VERSION
deb_of_version() {
	dpkg-deb -R "$DEB" again
	sed -i "s/^Version: .*/Version: $1/" again/DEBIAN/control
	dpkg-deb --root-owner-group -b again "$1.deb"
	rm -r again
}

# --- Debian's ---------------------------------------------------------------

@test "the deb has the program, its manual, the completions, the init script and the texts" {
	deb
	equal files "$(dpkg-deb -c "$DEB" | sed -nE 's/^-.* \.//p' | sort |
	    grep -v /examples/)" "$(sort <<-'END'
		/usr/bin/daemonize
		/usr/share/bash-completion/completions/daemonize
		/usr/share/doc/daemonize-ng/NEWS.gz
		/usr/share/doc/daemonize-ng/README.md.gz
		/usr/share/doc/daemonize-ng/changelog.Debian.gz
		/usr/share/doc/daemonize-ng/copyright
		/usr/share/fish/vendor_completions.d/daemonize.fish
		/usr/share/lintian/overrides/daemonize-ng
		/usr/share/man/man1/daemonize.1.gz
		/usr/share/man/man7/daemonize.7.gz
		/usr/share/zsh/vendor-completions/_daemonize
	END
	)"
	dpkg-deb -c "$DEB" |
	    grep -q '^-rwxr-xr-x .*/examples/daemonize\.init$'
	dpkg-deb -x "$DEB" here
	cmp here/usr/share/doc/daemonize-ng/copyright "$SOURCE_DIR/LICENSE"
}

@test "the program of the deb is static, and needs no other package" {
	requires readelf
	deb
	equal Depends "$(dpkg-deb -f "$DEB" Depends)" ""
	dpkg-deb -x "$DEB" here
	readelf -lWd here/usr/bin/daemonize >elf
	! grep -E 'INTERP|NEEDED' elf
}

@test "lintian finds neither an error nor a warning in the deb and its source" {
	requires lintian
	deb
	run lintian --allow-root --fail-on error,warning "$PACKAGES"/*.changes 3>&-
	status_is 0
	output_is ""
}

@test "the deb is built twice with the same bytes" {
	local first

	deb
	first=$DEB
	deb deb-again
	cmp "$first" "$DEB"
	# Its source, too.
	(cd "${first%/*}" && sha256sum ./*.dsc ./*.tar.*) >sums
	(cd "${DEB%/*}" && sha256sum -c --quiet) <sums
}

@test "the deb is installed into a fresh folder, and purged without a trace" {
	deb
	dpkg_into -i "$DEB"
	equal packages "$(dpkg_has)" daemonize-ng
	has_our_program
	dpkg_into -P daemonize-ng
	equal packages "$(dpkg_has)" ""
	equal files "$(files)" ""
}

@test "the deb takes the place of the package daemonize, whose version is higher" {
	deb
	other_deb daemonize 1.7.8-1
	dpkg_into -i other.deb
	dpkg_into -B -i "$DEB"
	equal packages "$(dpkg_has)" daemonize-ng
	equal "files of the other" "$(files | grep 'other$')" ""
	has_our_program
	# And not the other way round, unless that is asked for.
	run dpkg_into -i other.deb
	[[ $status -ne 0 ]]
	has_our_program
	# What needs the other one is satisfied.
	dpkg-deb -f "$DEB" Provides | grep -qxF 'daemonize (= 1.7.8)'
}

@test "the deb is upgraded while daemons run, and finds and stops them" {
	local old supervisor

	deb
	deb_of_version 0.0.1-1
	dpkg_into -i 0.0.1-1.deb
	DAEMONIZE=$TMP/root/usr/bin/daemonize
	launch -p one sleep 1000
	remember "$(cat one)"
	launch --restart=always -p two sleep 1000
	supervisor=$(recorded supervisor two)
	remember "${supervisor%% *}"
	old=$(cat two)
	remember "$old"
	dpkg_into -i "$DEB"
	run launch --status -p one
	status_is 0
	# The supervisor is still the old program, which has no file any more.
	launch --again -p two
	remember "$(cat two)"
	[[ $(cat two) != "$old" ]]
	dpkg_into -P daemonize-ng
	alive "$(cat one)"
	dpkg_into -i "$DEB"
	launch --stop -p one
	launch --stop -p two
	equal processes "$(leftovers)" ""
}

@test "the deb's own test launches, checks and stops with the installed program" {
	deb
	dpkg-deb -x "$DEB" root
	mkdir tmp
	AUTOPKGTEST_TMP=$TMP/tmp PATH=$TMP/root/usr/bin:$PATH \
	    "$SOURCE_DIR/contrib/debian/tests/launch" 3>&-
	equal processes "$(leftovers)" ""
	# It fails where the program does not launch anything.
	printf '#!/bin/sh\n' >root/usr/bin/daemonize
	run env AUTOPKGTEST_TMP="$TMP/tmp" PATH="$TMP/root/usr/bin:$PATH" \
	    "$SOURCE_DIR/contrib/debian/tests/launch" 3>&-
	[[ $status -ne 0 ]]
}

# --- RPM's ------------------------------------------------------------------

@test "the rpm has the program, its manual, the completions, the init script and the texts" {
	rpm_package
	equal files "$(rpm -qpl "$RPM" | grep -vE '/\.build-id|daemonize-ng(-[0-9.]+)?$|/examples(/|$)' |
	    sed -E 's/\.gz$//; s,/packages/,/,; s,-ng-[0-9.]+/,-ng/,' | sort)" "$(sort <<-'END'
		/usr/bin/daemonize
		/usr/sbin/daemonize
		/usr/share/bash-completion/completions/daemonize
		/usr/share/doc/daemonize-ng/NEWS
		/usr/share/doc/daemonize-ng/README.md
		/usr/share/doc/daemonize-ng/daemonize.init
		/usr/share/fish/vendor_completions.d/daemonize.fish
		/usr/share/licenses/daemonize-ng/LICENSE
		/usr/share/man/man1/daemonize.1
		/usr/share/man/man7/daemonize.7
		/usr/share/zsh/site-functions/_daemonize
	END
	)"
	rpm -qp --provides "$RPM" | grep -qxF 'daemonize = 1.7.8'
}

@test "the rpm is installed into a fresh folder, upgrades an older one, and is erased without a trace" {
	rpm_package
	other_rpm daemonize-ng 0.0.1
	rpm_into -i other.rpm
	rpm_into -U "$RPM"
	equal packages "$(rpm_has)" "daemonize-ng $(our_version)"
	equal "files of the old one" "$(files | grep 'other$')" ""
	has_our_program
	rpm_into -e daemonize-ng
	equal files "$(files)" ""
}

@test "the rpm takes the place of the package daemonize, whose version is higher" {
	rpm_package
	other_rpm daemonize 1.7.8
	rpm_into -i other.rpm
	rpm_into -U "$RPM"
	equal packages "$(rpm_has)" "daemonize-ng $(our_version)"
	has_our_program
	rpm -qp --conflicts "$RPM" | grep -qx daemonize
}

# --- all of them ------------------------------------------------------------

@test "the spec file has the version of the program" {
	equal version "$(sed -n 's/^Version: *//p' \
	    "$SOURCE_DIR/contrib/daemonize-ng.spec")" "$(our_version)"
}

@test "contrib/package refuses what it does not know" {
	run "$SOURCE_DIR/contrib/package" tar
	status_is 2
	output_is "usage: contrib/package [--nocheck] deb|rpm [DIRECTORY]"
	run "$SOURCE_DIR/contrib/package"
	status_is 2
}
