"""The formats as the document prints them that the JSON messages come from, comments and all."""

import json
import re

REQUEST = '''{
    "images": {
        "base_0_rgb": [[[r,g,b], ...], ...],  // Image data
        "left_wrist_0_rgb": [[[r,g,b], ...], ...],
        "right_wrist_0_rgb": [[[r,g,b], ...], ...]
    },
    "high_level_prompt": "Pick up the flashcard on the table",
    "low_level_prompt": "ABCDEFG",  // Optional
    "state": [0.0, 0.0, ...],  // Optional, robot state
    "generate_subtask": true,  // Whether to generate subtask
    "max_decoding_steps": 25,  // Maximum decoding steps
    "temperature": 0.1,  // Sampling temperature
    "subtask_refresh_interval": 2.0  // Optional, subtask refresh interval (seconds)
}'''

RESPONSE = '''{
    "status": "success",
    "actions": [[[x,y,z,rx,ry,rz,gripper], ...], ...],  // Action sequence
    "subtask": "move to table and then pick up black pen",  // Generated subtask
    "subtask_tokens": [1, 2, 3, ...],  // Subtask tokens
    "state": [0.0, 0.0, ...],  // Robot state
    "timing": {
        "total_ms": 1500.0,
        "action_ms": 800.0,
        "subtask_ms": 700.0
    },
    "server_timing": {
        "total_ms": 1600.0
    },
    "subtask_refresh_enabled": true,  // Whether periodic refresh is enabled
    "subtask_refresh_interval": 2.0  // Refresh interval (seconds)
}'''

REFRESH = '''{
    "type": "subtask_refresh",
    "subtask": "updated subtask based on current state",
    "subtask_tokens": [1, 2, 3, ...],
    "refresh_count": 3,  // Refresh count
    "timestamp": 1703123456.789
}'''


def filled(text, columns=2):
    """JSON of an example: comments left out, shortened arrays filled in, nothing else changed."""
    text = re.sub(r'//.*', '', text)
    text = text.replace('[[[r,g,b], ...], ...]', '[[[1,2,3],[4,5,6]],[[7,8,9],[10,11,12]]]')
    text = text.replace('[[[x,y,z,rx,ry,rz,gripper], ...], ...]', '[[[1,2,3,4,5,6,7]]]')
    text = text.replace('[0.0, 0.0, ...]', json.dumps([0.0] * columns))
    return text.replace('[1, 2, 3, ...]', '[1, 2, 3]')


def shape(value):
    """What a message looks like: keys in order, kinds of values, depth of lists."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return float if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value)
