import pytest

from embedded_ros import names


@pytest.mark.parametrize('name', ['/chatter', '/arm/joint_states'])
def test_topics_are_carried_under_rt(name):
    assert names.dds_topic(name) == f'rt{name}'
    assert names.ros_topic(names.dds_topic(name)) == name
    assert names.ros_service(names.dds_topic(name)) is None


def test_services_are_carried_by_two_topics():
    request, reply = names.dds_request_topic('/arm/enable'), names.dds_reply_topic('/arm/enable')
    assert (request, reply) == ('rq/arm/enableRequest', 'rr/arm/enableReply')
    assert names.ros_service(request) == names.ros_service(reply) == '/arm/enable'
    assert names.is_request_topic(request) and not names.is_request_topic(reply)
    assert names.ros_topic(request) is None


@pytest.mark.parametrize('name', ['ros_discovery_info', 'rq/arm/enable', 'Square'])
def test_other_dds_topics_are_neither(name):
    assert names.ros_topic(name) is None
    assert names.ros_service(name) is None


def test_the_type_of_a_service_is_that_of_its_halves():
    assert names.ros_service_type('std_srvs/srv/SetBool_Request') == 'std_srvs/srv/SetBool'
    assert names.ros_service_type('std_srvs/srv/SetBool_Response') == 'std_srvs/srv/SetBool'
    assert names.ros_service_type('std_msgs/msg/String') is None
