from market_maker.venues.metadata import metadata_pb2 as wire
from market_maker.venues.metadata.service_calls import ANSWERS, REQUESTS, SERVICE, path_of
from tests.support.generated_messages import FOLDER, generated


def test_the_calls_are_those_of_the_proto():
    service = wire.DESCRIPTOR.services_by_name["MetadataService"]
    assert service.full_name == SERVICE
    assert {m.name: m.input_type.name for m in service.methods} == {
        name: kind.DESCRIPTOR.name for name, kind in REQUESTS.items()
    }
    assert {m.name: m.output_type.name for m in service.methods} == {
        name: kind.DESCRIPTOR.name for name, kind in ANSWERS.items()
    }
    assert path_of("GetInstrument") == "/tradex.metadata.v1.MetadataService/GetInstrument"


def test_the_messages_are_those_that_the_proto_generates():
    for name, text in generated().items():
        assert (FOLDER / name).read_text("utf-8") == text, name
