"""`make setup` on machines that lack something: it installs what it can, and otherwise names it and stops."""

import pathlib
import shutil
import subprocess

import pytest

SETUP = pathlib.Path(__file__).parents[2] / "scripts" / "setup.sh"


@pytest.fixture
def machine(tmp_path):
    """A machine with nothing but a shell's basics and the programs that a test puts there."""

    class Machine:
        def has(self, name, script="exit 0"):
            program = tmp_path / name
            program.write_text(f"#!/bin/bash\n{script}\n")
            program.chmod(0o755)

        def set_up(self):
            return subprocess.run(
                [shutil.which("bash"), SETUP],
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
                env={"PATH": str(tmp_path)},
            )

    for name in ["bash", "dirname", "readlink", "env"]:
        (tmp_path / name).symlink_to(shutil.which(name))
    made = Machine()
    made.has("swift")
    made.has("clang")
    made.has("python3")
    made.has("openssl")
    made.has("git")
    made.has("id", "echo 1000")
    return made


def test_does_nothing_where_all_is_there(machine):
    machine.has("apt-get", "exit 1")
    done = machine.set_up()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_names_the_toolchain_where_it_is_missing(machine, tmp_path):
    (tmp_path / "swift").unlink()
    done = machine.set_up()
    assert done.returncode == 69 and "Swift toolchain" in done.stderr


@pytest.mark.parametrize("missing", ["clang", "python3", "openssl", "git"])
def test_names_the_packages_where_it_cannot_install_them(machine, tmp_path, missing):
    (tmp_path / missing).unlink()
    done = machine.set_up()
    assert done.returncode == 69 and "libzmq3-dev libyaml-dev libsodium-dev" in done.stderr
    assert "libcurl4-openssl-dev zlib1g-dev openssl" in done.stderr


def test_says_that_it_may_not_install(machine):
    machine.has("clang", "exit 1")
    machine.has("apt-get")
    done = machine.set_up()
    assert done.returncode == 69 and "neither root nor sudo" in done.stderr


@pytest.mark.parametrize("user", ["0", "1000"])
def test_installs_what_is_missing_as_root_or_with_sudo(machine, tmp_path, user):
    here = tmp_path / "installed"
    machine.has("clang", f'[[ -e "{here}" ]]')
    machine.has("id", f"echo {user}")
    machine.has("sudo", 'exec "$@"')
    machine.has("apt-get", f'case " $* " in *" install "*libzmq3-dev*) : > "{here}";; *" update "*) ;; *) exit 1;; esac')
    done = machine.set_up()
    assert done.returncode == 0, done.stderr
    assert here.exists()


def test_says_when_installing_did_not_help(machine):
    machine.has("clang", "exit 1")
    machine.has("id", "echo 0")
    machine.has("apt-get")
    done = machine.set_up()
    assert done.returncode == 69 and "still does not find" in done.stderr
