"""The triage agent among real processes: every door, whole lives of incidents, people, deaths at every step, storms."""

import pytest

from wards import MORE, STILL_MORE, Patient, Ward


@pytest.fixture
def wards(clusters, tmp_path):
    made = []

    def make(**more):
        ward = Ward(clusters, tmp_path, **more)
        made.append(ward)
        return ward

    return make


@pytest.fixture
def patients():
    made = []

    def make(ward, *cure):
        made.append(Patient(ward, *cure))
        return made[-1]

    yield make
    for patient in made:
        patient.end()


def test_failures_become_an_incident_that_ends_with_a_fix_that_is_verified(wards, patients):
    ward = wards()
    patient = patients(ward)
    assert ward.incidents() == []
    patient.falls_ill()
    name = ward.only()
    incident = ward.stage(name, "resolved", within=90)
    print(ward.story(name))
    assert incident["verification"]["verdict"] == "holds"
    assert ward.uses() == [("scale", "carrier", "2")]
    assert len(ward.cluster.ready("carrier", 2)) == 2
