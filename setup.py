"""The Python half, for machines without ROS (`pip install`); colcon builds with CMakeLists.txt."""

from glob import glob

from setuptools import find_packages, setup

setup(
    name='segue',
    version='0.1.0',
    packages=find_packages(
        include=['segue_core*', 'policy_node*', 'robot_bridge*', 'segue_evaluation*',
                 'segue_recording*']),
    package_data={'policy_node.gateway': ['asyncapi.yaml', 'page.html']},
    install_requires=['numpy', 'scipy', 'matplotlib', 'opencv-python-headless', 'pillow', 'pyyaml',
                      'packaging', 'rosbags', 'ruckig', 'tqdm'],
    extras_require={
        'reference': ['torch', 'safetensors'],
        'openpi': ['msgpack>=1.0.5', 'websockets>=15.0'],
        'gateway': ['msgpack>=1.0.5', 'websockets>=15.0'],
        'so101': ['feetech-servo-sdk==1.0.0', 'pyserial>=3.5'],
        'gr00t': ['msgpack>=1.0.5', 'pyzmq>=25.0'],
        'ray': ['ray[serve]==2.60.0', 'mmh3>=5.1', 'msgpack>=1.0.5'],
        'datasets': ['pyarrow>=17', 'av>=14'],
        'lerobot': ['lerobot>=0.4.4,<0.7'],
        'pi05': ['lerobot[pi]>=0.6,<0.7'],
        'lerobot_server': ['grpcio>=1.73'],
    },
    python_requires='>=3.10',
    data_files=[
        ('share/segue', ['package.xml']),
        *[(f'share/segue/{folder}', glob(f'{folder}/*'))
          for folder in ('msg', 'srv', 'launch', 'config', 'rviz', 'urdf',
                         'checkpoints/libero_10', 'checkpoints/libero_object')],
    ],
)
