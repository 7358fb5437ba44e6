# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The packages of distributions, a part of the Makefile. Each but the image, which
# is of what is built here, is made as its distribution makes it, from the tarball
# of "make dist" and what is in the directory beside this file. The results are in
# build/FORMAT/.

# What this make was told, and where whoever calls it installs, is not for the
# package's own; nor is git to take this repository for that of the sources.
as_package = env $(addprefix -u ,MAKEFLAGS MFLAGS MAKELEVEL DESTDIR PREFIX $(DIRECTORIES)) \
	GIT_CEILING_DIRECTORIES=$1

# --- OCI image ---------------------------------------------------------------

# The program and its libraries; the first stage of the Containerfile makes it too.
# Stripped of the build ID as well, which tells in what directory it was built.
OCI = $(abspath $(BUILD))/oci
.PHONY: oci rootfs
rootfs: $(PROGRAM)
	@rm -rf $(OCI)/rootfs
	@mkdir -p $(OCI)/rootfs/usr/bin
	@strip -R .note.gnu.build-id -o $(OCI)/rootfs/usr/bin/hello-http $(PROGRAM)
	@ldd $(PROGRAM) | grep -o '/[^ ]*' | sort -u | xargs cp -L --parents -t $(OCI)/rootfs
	@chmod -R u=rwX,go=rX $(OCI)/rootfs

# In storage of its own, as all output is in build/; of a fixed time, as the same
# sources are to give the same image.
OCI_NAME = localhost/hello-http:$(VERSION)
OCI_PODMAN = podman --root $(OCI)/storage --runroot $(OCI)/run --storage-driver vfs
oci: rootfs ## make build/oci/hello-http.tar, an image for podman load
	@$(OCI_PODMAN) build --quiet --layers=false --omit-history --disable-compression=false \
		--timestamp $${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct 2>/dev/null || echo 0)} \
		--build-context build=$(OCI) --tag oci-archive:$(OCI)/hello-http.tar:$(OCI_NAME) \
		--file packaging/oci/Containerfile packaging/oci
	@rm -rf $(OCI)/storage $(OCI)/run

# Run under a systemd of its own, as tests/systemd/ is, with nothing installed.
$(BUILD)/tests/packages/oci.tap: tests/packages/oci.bats oci FORCE
	@mkdir -p $(@D) $(OCI)/stage/usr
	@tests/systemd/run $(OCI)/stage $< >$@ || :
	@.ci/tally name=$(basename $@) $@ || :

# --- Debian ------------------------------------------------------------------

DEB = $(abspath $(BUILD))/deb
deb: dist | $(DEPS) ## build the Debian package, in build/deb/ (DEB_BUILD_OPTIONS=nocheck: untested)
	rm -rf $(DEB) && mkdir -p $(DEB)
	cp $(BUILD)/$(DIST).tar.gz $(DEB)/hello-http_$(VERSION).orig.tar.gz
	tar -xzf $(BUILD)/$(DIST).tar.gz -C $(DEB)
	tar -c -C $(DEB)/$(DIST)/packaging --exclude='*.license' debian | tar -x -C $(DEB)/$(DIST)
	cd $(DEB)/$(DIST) && $(call as_package,$(DEB)) dpkg-buildpackage -us -uc

check-deb-chroot: deb ## let apt install, remove and purge it in a fresh Debian; needs root and network
	@tests/packages/debian/chroot $(DEB)/hello-http_*.deb
.PHONY: deb check-deb-chroot

$(BUILD)/tests/packages/debian.tap: deb

# --- RPM ---------------------------------------------------------------------

# Debian has rpmbuild, but little of what a distribution adds to it; and there rpm
# cannot know whether what is needed is installed.
RPM_ELSEWHERE = $(if $(shell rpm --eval '%{?_unitdir}'),,--nodeps \
	--load=$(CURDIR)/tests/packages/rpm/macros.debian)
# The same octets whenever it is built: all times are the changelog's.
RPM_REPRODUCIBLE = -D '_buildhost localhost' -D 'source_date_epoch_from_changelog 1' \
	-D 'use_source_date_epoch_as_buildtime 1' -D 'clamp_mtime_to_source_date_epoch 1'
RPM = $(abspath $(BUILD))/rpm
RPMBUILD = $(call as_package,$(RPM)) rpmbuild $(RPM_ELSEWHERE) $(RPM_REPRODUCIBLE) \
	-D '_topdir $(RPM)/work' -D '_tmppath $(RPM)/work' -D '_sourcedir $(RPM)/work' \
	$(RPMBUILD_FLAGS)
rpm: dist | $(DEPS) ## build the RPM package, in build/rpm/; with RPMBUILD_FLAGS=--nocheck: in seconds
	rm -rf $(RPM) && mkdir -p $(RPM)/work
	install -m 644 packaging/rpm/hello-http.spec $(BUILD)/$(DIST).tar.gz $(RPM)/work
	@# One by one: a source package holds paths, and what is built with it, its sum.
	$(RPMBUILD) -bb $(RPM)/work/hello-http.spec
	$(RPMBUILD) -bs $(RPM)/work/hello-http.spec
	mv $(RPM)/work/RPMS/*/*.rpm $(RPM)/work/SRPMS/*.rpm $(RPM)
	rm -rf $(RPM)/work
.PHONY: rpm

$(BUILD)/tests/packages/rpm.tap: rpm deb

# --- Arch --------------------------------------------------------------------

# makepkg refuses to run as root: then nobody runs it, who may not get here, so it
# runs elsewhere. On Debian pacman does not know what is installed.
ARCH = $(abspath $(BUILD))/arch
AS_NOBODY = $(if $(filter 0,$(shell id -u)),setpriv --reuid=nobody \
	--regid=$$(id -g nobody) --clear-groups)
arch: dist | $(DEPS) ## build the Arch package, in build/arch/; with MAKEPKG_FLAGS=--nocheck: in seconds
	rm -rf $(ARCH) && mkdir -p $(ARCH)
	cp $(BUILD)/$(DIST).tar.gz $(ARCH)
	sum=$$(sha256sum <$(ARCH)/$(DIST).tar.gz) && \
		sed "s/(SKIP)/($${sum%% *})/" packaging/arch/PKGBUILD >$(ARCH)/PKGBUILD
	work=$$(mktemp -d) && trap 'rm -rf "$$work"' EXIT && cp $(ARCH)/* "$$work" && \
		$(if $(AS_NOBODY),chown -R nobody "$$work" &&) cd "$$work" && \
		$(call as_package,"$$work") HOME="$$work" $(AS_NOBODY) makepkg \
			$(if $(shell pacman -Q glibc 2>/dev/null),,--nodeps) $(MAKEPKG_FLAGS) && \
		cp ./*.pkg.tar.* $(ARCH)

check-arch-chroot: arch ## run its PKGBUILD's functions in a clean system; needs root and network
	@tests/packages/arch/chroot $(ARCH)
.PHONY: arch check-arch-chroot

$(BUILD)/tests/packages/arch.tap: arch deb

# --- Their tests -------------------------------------------------------------

# In seconds: what each package would test by itself is tested already.
$(BUILD)/tests/packages/%.tap: export DEB_BUILD_OPTIONS = nocheck
$(BUILD)/tests/packages/%.tap: export DEB_BUILD_PROFILES = nocheck
$(BUILD)/tests/packages/%.tap: RPMBUILD_FLAGS = --nocheck
$(BUILD)/tests/packages/%.tap: MAKEPKG_FLAGS = --nocheck
