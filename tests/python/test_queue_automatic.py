"""Automatic mode of two Orthancs on one PostgreSQL that share a queue."""

from orthanc_images import ct_with_segmentation
from orthanc_server import needed
from queue_site import Site
from test_queue import base, results

pytestmark = needed


def test_a_study_of_which_two_orthancs_hear_is_measured_without_being_asked_for(tmp_path):
    rule = {"Modality": ["CT"], "Request": {"Outputs": ["sr"]}}
    with Site(tmp_path, workers=1, automatic={"Enable": True, "Rules": [rule]}) as site:
        a, b = site.nodes
        studies = [node.upload(*ct_with_segmentation()) for node in (a, b, a)]
        # Each becomes stable twice: as it came, and with its results.
        for node in site.nodes:

            def heard(node=node):
                tally = node.json("/bone-muscle/automatic")["SinceStart"]
                return tally["Stable"] >= 6 and (tally["Waiting"], tally["InQueue"]) == (0, 0)

            node.wait(heard)
        records = [b.json(base(study)) for study in studies]
        assert {(record["state"], record["trigger"]) for record in records} == {("done", "automatic")}
        assert [results(a, study) for study in studies] == [2, 2, 2]
        assert site.rows() == [] and [node.stop() for node in site.nodes] == [0, 0]
