"""A LIBERO task of several steps: a policy of two levels says which comes next, and acts on it."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare

SHARE = FindPackageShare('segue')
ARGUMENTS = {  # of libero.launch.py
    'suite': ('libero_10', 'Suite of benchmark tasks.'),
    'task_id': ('0', 'Task within the suite.'),
    'policy': ('reference', 'Policy of two levels: reference or expert.'),
    'checkpoint': ('package://segue/checkpoints/libero_10',
                   'Weights that were trained with subtasks; the expert has none.'),
    'actions_per_chunk': ('16', 'Rows of a chunk.'),
    'threshold': ('0.0', 'Ask when no more than this share of a chunk is queued; 0: when it is '
                  'done, so that chunks need not be merged.'),
    'merge': ('latest_only', 'How chunks are merged.'),
    'image_size': ('128', 'Width and height of the images [px], as the checkpoint was trained.'),
    'episodes': ('3', 'How many to run.'),
    'max_steps': ('600', 'Control steps after which an episode has failed.'),
    'generate_subtask': ('true', 'Whether the policy says what comes next; false: it acts on the '
                         'task alone.'),
    'subtask_refresh_interval': ('2.0', 'Time after which it thinks again [s]; 0: never.'),
    'report_dir': ('report', 'Folder for the report.'),
}


def generate_launch_description() -> LaunchDescription:
    """Describe the launch."""
    libero = PythonLaunchDescriptionSource(
        PathJoinSubstitution([SHARE, 'launch', 'libero.launch.py']))
    return LaunchDescription([
        *(DeclareLaunchArgument(name, default_value=default, description=text)
          for name, (default, text) in ARGUMENTS.items()),
        IncludeLaunchDescription(libero, launch_arguments=[
            (name, LaunchConfiguration(name)) for name in ARGUMENTS]),
    ])
