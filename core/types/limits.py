"""Set what a file, a session and a parser may cost: the limits that README and the page Inspect list.

Numbers only. Whoever keeps to one reads it here at that moment, as `limits.MAX_FRAMES`.
"""

from __future__ import annotations

# A file of media
MAX_FILE_BYTES = 200 * 2**20
MAX_PIXELS = 50_000_000  # of an image or a frame
MAX_WEBP_PIXELS = 30_000_000  # whose decoder holds a second copy with transparency
MAX_SIDE_RATIO = 100  # longer side over shorter: no face fits into such a strip
MAX_SCANS = 200  # of a progressive JPEG, each of which is decoded over all pixels

# A video
MAX_FRAME_SIDE = 8192  # pixels
MAX_FRAMES = 200_000
MAX_JUDGED_PIXELS = 32_000_000_000  # frames x pixels that have to be decoded to judge it: a minute or two
MAX_DECODED_PIXELS = 16_000_000_000  # the same of one that has to be decoded whole, to count its frames
FREE_DECODED_PIXELS = 2_000_000_000  # of them, however small the file is
DECODED_PIXELS_A_BYTE = 500  # over that, for each byte of a file that has to be decoded whole
DENSE_PIXELS_A_BYTE = 5_000  # the same in a dense coding, which reaches 2,300 where it is compressed hard

# A session
SESSION_UPLOAD_BYTES = 2 * MAX_FILE_BYTES  # of the files that wait to be opened
SESSION_KEPT_BYTES = 4 * 2**30  # on disk: of what it made; of what it dropped on a queue; of its gallery's photos
SESSION_KEPT_FILES = 20_000  # dropped on a queue; photos of a gallery

# A parser of media
PICTURE_MEMORY = 2**30  # bytes over what it has before it sees a picture, or reads what a file says of itself
VIDEO_MEMORY = 3 * 2**29  # the same of a video: one of 8192 x 4320 pixels in HEVC of 10 bits takes more than 2**30
MEDIA_PROCESSOR_S = 180  # seconds to open a file
FRAME_PROCESSOR_S = 60  # seconds over that for each frame to read
MEDIA_ANSWER_S = 600.0  # seconds to wait for an opening or for the next frame, on however busy a machine

# A checkpoint; what is unpacked from an evidence bundle is bounded by the same ratio
CHECKPOINT_BYTES = 2_000_000_000  # of the file, and of what is unpacked from it
UNPACKED_RATIO = 100  # bytes unpacked from each byte of the file: trained weights hardly compress
FREE_UNPACKED_BYTES = 1_000_000  # whatever the ratio
MAX_TENSORS = 10_000  # the largest layout has a tenth of it
MAX_HEADER_BYTES = 10_000_000  # of what lists the tensors, read before they are counted
MAX_OPCODES = 50 * MAX_TENSORS  # of a pickle: PyTorch writes 34 a tensor
MAX_TUPLE_OPCODES = 1_000  # of one tuple: PyTorch writes 34 for all that a tensor is made from
MAX_DIMENSIONS = 16  # of a tensor: some work grows with their square, or is undefined beyond 64
MAX_KEY_LETTERS = 1_000  # of a tensor's key, groups included
MAX_CHUNKS = 100_000  # pieces in which all tensors of a file are stored: each costs memory and time, however small

# A parser of checkpoints
CHECKPOINT_MEMORY = 7 * 2**26  # bytes over what it has before it sees a file
CHECKPOINT_MEMORY_A_BYTE = 6  # bytes over that for each of the file: it holds it several times
CHECKPOINT_PROCESSOR_S = 120  # seconds
CHECKPOINT_ANSWER_S = 300.0  # seconds to wait for one tensor

# A recogniser's ONNX network
NETWORK_BYTES = 512 * 2**20  # of the file, and of its weights once they are unpacked
MAX_OPERATORS = 20_000
PROBE_FACES = 4  # different faces on which it is run, and that have to give different vectors

# A parser of such networks
NETWORK_MEMORY = 2**30  # bytes over what it has before it sees a file
NETWORK_MEMORY_A_BYTE = 10  # bytes over that for each of the file: its libraries hold it several times
NETWORK_PROCESSOR_S = 60  # seconds to parse it and to run it on the faces
NETWORK_ANSWER_S = 180.0  # seconds to wait for one tensor

# A file on a queue
QUEUE_FILE_MEMORY = 4096  # MiB beyond the model
QUEUE_FILE_S = 60.0  # seconds of the processor to judge it
QUEUE_EXPLAINED_FILE_S = 600.0  # seconds of the processor where it is attacked, explained or placed too
