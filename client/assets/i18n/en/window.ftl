# Every word of Lectern's window. The German file has the same keys.

## Common

common-cancel = Cancel
common-close = Close
common-leave = Leave the class
common-dark = Dark colours
common-light = Light colours
common-language = Deutsch

## Days

date-day = { $day } { $month }
date-day-year = { $day } { $month } { $year }
date-month = { $month ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] June
    [7] July
    [8] Aug
    [9] Sept
    [10] Oct
    [11] Nov
   *[12] Dec
}

## Join

join-title = Join a class
join-subtitle = Choose a class on this network, or paste the link that your instructor gave you.
join-link = Join link
join-link-hint = lectern:// link or an address such as 192.168.10.4
join-name = Your name
join-password = Room password
join-show-password = Show the password
join-button = Join
join-button-room = Join { $room }
join-instructor = This link holds the instructor key: you enter as the instructor, without a password.
join-as-instructor = Instructor
join-connecting = Asking { $host }
join-no-class = No class chosen
join-no-class-hint = The link names server and room
join-room = Room { $room }
join-address = { $hosts } · port { $port }
join-missing-link = Join is off until there is a whole link.
join-missing-name = Join is off until there is a name, as the room shall see it.
join-missing-password = Join is off until there is the room's password.
join-target = Where this link leads
join-target-server = Server
join-target-port = Port
join-target-room = Room
join-target-fingerprint = Certificate
join-pinned = Only the server with this certificate gets your password
join-opens-video = Opens a video
join-last = Your last class
join-again = Choose room { $room } again
join-help = Where is the link?
join-help-student = Your instructor shows it or sends it. It begins with lectern:// and is long: copy it whole. The room's password comes separately.
join-help-instructor = As the instructor, use the second link that the server prints when it starts; it needs no password.
join-no-internet = No internet needed
join-found = On this network
join-found-count = { $n ->
    [0] none found yet
   *[other] { $n } found
}
join-found-none = Servers that answer appear here by themselves. If yours does not: paste its link or type its address.
join-looking = Looking
join-choose = Choose { $name } at { $address }
join-trust-new = New: compare the words
join-trust-known = Known
join-trust-known-since = Known since { $day }
join-trust-changed = Same name, other certificate
join-not-that-server = Not the server you joined before. It gets no password from you.
join-not-that-server-since = Not the server you joined on { $day }. It gets no password from you.
join-rooms = { $n ->
    [1] Room { $rooms }
   *[other] Rooms { $rooms }
}
join-rooms-more = Rooms { $rooms } and { $more } more
join-rooms-typed = { $n ->
    [1] It has one more room: type its name.
   *[other] It has { $n } more rooms: type the name of yours.
}
join-choose-room = Choose a room
join-words-computing = Computing the words
join-compare = Compare with the board
join-same-words = The same three words stand in the room
join-known = You have joined this server before; it is the same one.
join-changed = A server of this name or address is known here, and this is another one, or it was set up anew. It gets no password. Ask for the join link.
join-ask = Ask this address
join-missing-ask = Join is off until the server at this address has answered: press Enter or the button below the address.
join-missing-words = Join is off until you have compared the words.
join-missing-changed = Join is off: this is not the server that is known by this name.
join-missing-room = Join is off until there is the room's name.

network-wireless = Wi-Fi
network-wired = Network
network-vpn = VPN

## A file or a class of one's own

ways-class = Start a class here
ways-class-hint = This computer becomes the server
ways-file = Open a local file
ways-file-hint = Plays without a server; or drop it here
ways-drop = Drop the file to play it
ways-pick-file = Choose a video or a recording
ways-pick-folder = Choose the folder for your videos
own-instructor = Instructor
own-starting-class = Starting the class
own-starting-class-hint = Put videos into { $folder }: they appear in the catalogue by themselves.
own-opening = Opening { $file }
own-opening-hint = It starts as soon as its first seconds are ready.
own-opening-done = { $percent } % are ready
own-class = Your class runs on this computer
own-password = Room password
own-copy-password = Copy the password { $password }
own-copy-link = Copy the join link
own-folder = Videos folder
own-folder-named = Open the videos folder { $path }
own-board = Join board
own-port = Another program has port { $taken }, so this class uses port { $port }. The link and the board name it; whoever types the address adds it.
own-folder-failed = The file manager cannot be opened ({ $why }). The folder is { $path }.
own-end = End the class?
own-end-others = { $n ->
    [one] One other person is in it, whose video stops.
   *[other] { $n } other people are in it, whose videos stop.
}
own-end-yes = End the class
own-end-no = Go on
own-close-file = Close the file
status-own-file = Played on this computer

here-no-server = This Lectern has no server beside it, and files and classes of your own need one: lectern-server was found neither beside this program nor in the search path. Install the package lectern-server, or name the program in LECTERN_SERVER. Joining a class works without it.
here-no-worker = The program lectern-media, which reads videos, was found neither beside lectern-server nor in the search path. Install Lectern's server whole, or name the program in LECTERN_MEDIA.
here-file = { $path } cannot be played: { $why }
here-file-missing = there is no such file. Check how it is written, and whether its disk is connected.
here-file-folder = it is a folder. Choose one file in it.
here-file-special = it is no ordinary file. Choose a video or a recording.
here-file-forbidden = you may not read it. Change its permissions, or copy it to a place of your own.
here-file-unreadable = it cannot be read ({ $why }). Check the disk.
here-folder = The folder { $path } cannot be made or read ({ $why }). Choose another one for your videos in the settings.
here-running = A class that was started on this computer runs already, in another window of Lectern. Go on there, or close that window first.
here-no-storage = This system has no folder for what programs keep, so a class cannot be kept. Set HOME and start again.
here-slow = The server did not become ready within { $seconds } seconds. Close other programs and try again.
here-unstartable = The server cannot be started ({ $why }). Close other programs, or install Lectern's server again.
here-ended = The server ended without a word (exit code { $code }). Start it again; if it stays so, install Lectern's server again.
here-failed = The server ended. It said: { $said }

## Join board

board-title = Lectern: join
board-toggle = Join board for the projector
board-joined = { $n } have joined
board-code = Code with the join link
board-network = Be on this network
board-same-network = The network of this room
board-choose = Open Lectern, choose { $name } or type
board-port = port { $port }
board-room = Room, and the password that your instructor tells you
board-words = Lectern shows you three words. Go on only if they are
board-line = Keys in this room, the same on every screen: { $words }

## What is wrong with a link

link-scheme = This is not a join link; one begins with lectern://.
link-length = This is longer than { $most } characters, so it is not a join link. Copy the link again, alone.
link-hosts = The link names no address. Copy it again, whole.
link-port = The link has no port between 1 and 65535 after its address. Copy it again, whole.
link-room = The link names no room, or one of more than { $most } bytes. Copy it again, whole.
link-fingerprint = The link was cut off: the server's fingerprint, 43 characters after #, is not whole. Copy it again.
link-parameter = The part “{ $name }” of the link is not known or not readable. Copy it again, or update Lectern.

## Why joining failed or ended

error-unreachable = { $hosts } cannot be reached on port { $port }. { $why }
error-changed-certificate = { $host } has the name or address of a server that is known here, but another certificate: it is not that server, or it was set up anew. Ask for the join link, which names the certificate. No password was sent.
error-other-certificate = { $host } shows another certificate than the link names. It is not the server that the link was made for, or it was set up anew. Ask for a fresh link. No password was sent.
error-version = { $what }. Update the older one of the two.
error-version-unfetched = { $what }. Update the older one of the two. The one that fits could not be fetched from the server: { $why }
version-other = The server ({ $agent }) speaks versions { $oldest } to { $newest } of the protocol, this program { $ownoldest } to { $ownnewest }
update-none = It hands out no Lectern for this system. Ask the person who runs it.
update-busy = It hands Lectern to many others just now. Try again in a minute.
update-broken = The connection broke while Lectern was being fetched. { $why }
update-wrong = What it sent is not what it had announced. Try again; if it stays so, tell the person who runs it.
update-unwritable = { $path } cannot be written ({ $why }). Make room, or choose another home folder.
error-version-package = { $what }. Lectern { $version }, which fits, was fetched from the server: install it with “sudo apt install { $path }”, then start it again.
error-version-archive = { $what }. Lectern { $version }, which fits, was fetched from the server: unpack { $path } and start the “lectern” in it.
error-wrong-password = Room name or password is wrong. Capital letters count; ask your instructor.
error-wrong-instructor-key = The instructor key of this link is not this server's. Use the instructor link that the server printed.
error-too-many-failures = Too many wrong passwords came from this address. Try again in { $seconds } s.
error-busy = The server is busy with other logins. Try again in { $seconds } s.
error-room-full = The room is full. Ask your instructor.
error-bad-name = This name cannot be used: 1 to 64 bytes, no control characters.
error-password-needed = A password is needed to enter this room.
error-removed = { $by } removed you from the room.
error-locked = The room is locked: nobody new comes in at present. Ask the instructor to unlock it.
error-turned-away = You were not let in. Ask the instructor, and try again.
error-banned = The instructor keeps you out of this room.
error-replaced = Your seat was taken over by another connection with the same identity.
error-left = You left the room.
error-closed = The server did not understand this program and ended the connection (“{ $why }”). Join again; if it stays so, update the older one of the two.

## Why a server cannot be reached, and what to do

trouble-refused = The machine answers, but no server listens there. Start the server, or ask for its port.
trouble-filtered = The machine answers, but a firewall drops the connection. Open TCP ports 5511, 9000 and 5858 in the firewall of the server.
trouble-isolated = The network itself answers, so this is probably an isolated network: its access point keeps machines apart (client isolation, guest Wi-Fi). Use another network or a cable, or have that setting turned off. If not, the machine is off or its firewall is closed.
trouble-silent = It would be on this network but does not answer. The machine may be off or asleep, its firewall closed, or its address another by now.
trouble-off-network = It is on a network that this computer cannot reach. Join the network of the class, or connect the VPN.
trouble-no-network = This computer is on no network. Connect to the Wi-Fi or cable of the class.
trouble-unknown-name = Nobody on this network knows the name { $name }. Check how it is written, or use the server's address in numbers.
trouble-not-lectern = Something answers there that is not a Lectern server. Check the port.
trouble-system = The connection cannot be made: { $why }. Check that the server runs and that both machines are on one network.
trouble-internal = This program failed (“{ $said }”). Start it again; if it stays so, report this.

## Why a connection ended

lost-closed = The server closed the connection. Try again.
lost-not-reading = The server takes nothing any more. Check the network, and whether the server still runs.
lost-silent = Nothing came from the server for { $seconds } s. Check the network, and whether the server still runs.
lost-not-lectern = The server sent what this program does not understand. Update the older one of the two.
lost-system = The connection ended: { $why }. Check the network.
lost-stopped = The server was stopped. Ask the instructor to start it.
lost-overrun = This computer could not keep up with the server's messages. Close other programs.
lost-busy = The server is busy with other logins. Try again in { $seconds } s.

## What the system refused, within a sentence

system-forbidden = there is no permission for it
system-missing = it is not there
system-full = the disk is full
system-read-only = the disk can only be read
system-broken-off = the other side broke the connection off
system-timed-out = nothing came any more
system-no-memory = there is not enough memory
system-said = the system says “{ $said }”

## Rail

rail-watch = Watch

## Catalogue

catalogue-title = Watch
catalogue-count = { $n ->
    [one] { $n } video
   *[other] { $n } videos
}
catalogue-minutes = { $m } min
catalogue-hours = { $h } h { $m } min
catalogue-empty = No videos yet
catalogue-empty-hint = Files that the instructor puts into the server's videos folder appear here by themselves.
catalogue-loading = Asking { $server } for its videos
catalogue-search = Search titles
catalogue-clear = Clear the search
catalogue-none = Nothing found
catalogue-none-words = No title has “{ $words }” in it.
catalogue-none-state = No video is in this state now.
catalogue-show-all = Show all videos
catalogue-new-files = A file put into the videos folder appears here by itself

filter-all = All
filter-ready = Ready
filter-preparing = Preparing
filter-failed = Failed

order-now = Order: { $order }
order-title = Title, A to Z
order-title-down = Title, Z to A
order-longest = Longest first
order-shortest = Shortest first
order-state = By state

card-ready = { $title }, { $duration }
card-waiting = { $title }, waiting
card-preparing = { $title }, preparing, { $percent } %
card-awaited = { $title }, opens as soon as its first part is prepared
card-failed = { $title }, failed: { $reason }
card-progress = Preparing { $title }
card-mark-waiting = Waiting
card-mark-preparing = Preparing
card-mark-failed = Failed
card-next = Next in line; open it to start now
card-opens = Opens as soon as its first part is prepared
card-being-prepared = Is being prepared
card-left = { $percent } % · { $left } left
card-show-details = Show details
card-details = { $title }: show why it failed

failed-empty = The file is empty. Copy it again.
failed-truncated = The file is not complete: its end is missing, or the index that belongs there. Copy it again, or repair the recording.
failed-unreadable = This is not a video or sound file that can be read. Export it as MP4 with H.264 and AAC.
failed-no-media = The file holds neither pictures nor sound that can be played. Export it again as MP4.
failed-zero-duration = The file lasts no time: there is nothing to play. Export it again.
failed-io = The server cannot read or write what it needs for this file. Check the disk and the permissions of the file.
failed-no-space = The server's disk is full, so the video could not be prepared. Free some space; preparing goes on where it stopped.
failed-busy = Another program prepares this video just now. Wait until it has finished.
failed-internal = Lectern itself failed on this file. Report this, with the file if you can.
failed-damaged = The file is damaged. Copy or export it again.
failed-unsupported = The file is of a kind that cannot be decoded here. Convert it to MP4 with H.264 and AAC.
failed-no-memory = Preparing it needs more memory than it may use. Raise the server's limit, or use a smaller video.
failed-no-worker = The server cannot start its program that prepares videos. Install Lectern whole on the server.
failed-too-slow = Preparing it took longer than it may, or stood still. Convert the file to MP4 with H.264 and AAC.
failed-crashed = Preparing it broke off. Convert the file to MP4 with H.264 and AAC.
failed-prepared = What was prepared of it is damaged. Take the file away and put it there again.
failed-said = The server says: { $said }
failed-hint-instructor = Play the file on the server's machine. If it does not play there either, copy it again or export it anew. As soon as the file in the videos folder changes, it is prepared again by itself.
failed-hint-student = Tell the instructor. As soon as the file is replaced, it is prepared again and appears here by itself.
card-sound-only = Sound only
card-damage = { $places ->
    [one] { $lost } s around { $around } could not be read.
   *[other] { $lost } s in { $places } places could not be read, most of it around { $around }.
}

## Stage

stage-back = Back to the videos
stage-picture = Video
stage-play = Play
stage-pause = Pause
stage-replay = Play again
stage-retry = Try again
stage-rewind = Back 10 s
stage-forward = Forward 10 s
stage-mute = Mute
stage-unmute = Unmute
stage-volume = Volume
stage-seek = Seek
stage-quality = Resolution
stage-quality-now = Resolution: { $rung }
stage-quality-auto = Auto
stage-quality-auto-now = Auto ({ $rung })
stage-quality-auto-note = what fits
stage-sound-track = Sound
stage-sound-track-now = Sound: { $track }
stage-sound-track-number = Track { $n }
stage-chapters = Chapters
stage-chapter-now = Chapter: { $title }
stage-chapter-number = Chapter { $n }
stage-lost = This part of the file could not be read
stage-lost-hint = It is damaged. Playback goes on at { $at }.
stage-lost-to-end = It is damaged, to the end of the video.
stage-lost-pointed = Could not be read
stage-cut = The file breaks off here
stage-cut-hint = Another { $lost } s should follow, but could not be read.
stage-thirds = { $rungs } in turn
stage-fullscreen = Full screen
stage-fullscreen-leave = Leave full screen
stage-zoom-whole = Enlarged { $scale }: show the whole picture
stage-failed = This video does not play
stage-no-graphics = The graphics of this machine cannot draw the picture; the log says why. Update its graphics driver.
stage-reconnecting = Connection lost { $for } ago
stage-reconnecting-ahead = Trying again. The video plays on for { $seconds } s.
stage-reconnecting-empty = Trying again. The video goes on where it was.
stage-stalled = The line is too slow
stage-stalled-hint = It goes on by itself. A lower resolution needs less.
stage-silent = No sound

## Statistics over the picture

stats-title = Statistics
stats-throughput = Received
stats-buffer = Held ahead
stats-missed = Late or left out, each half second
stats-rung = Resolution
stats-skew = Picture behind sound
stats-round-trip = Round trip
stats-ago = 60 s ago
stats-now = now
stats-presented = Pictures shown
stats-late = Shown late
stats-dropped = Left out
stats-corrupt = Damaged
stats-stalls = Stalls
stats-first = First picture after
stats-received = Received in all

## Why a video does not play

play-gone = The video is not in the catalogue any more. Its file was taken away or renamed.
play-not-ready = The video is still being prepared. Try again when the catalogue shows it as ready.
play-failed = It could not be prepared: { $reason }
keep-file = The recording { $path } cannot be written: { $why } Choose a folder that you may write to, with enough space.
keep-empty = Nothing came before the end, so there is no recording. Watch for longer.
play-quality = The server does not know this resolution. Choose another one.
play-no-picture = The video has no picture.
play-manifest = The server describes this video in a way that this program does not understand. Update the older one of the two.
play-segment = A part of the video is damaged. Ask the instructor to let the server prepare it again.
play-not-prepared = This part of the video is not prepared yet. Try again when the catalogue shows it as ready.
play-replaced = The file of this video was replaced before all of the old one was prepared, and its rest will not come. Open the video again to see the new one.
play-thread = This computer cannot do more at the same time ({ $why }). Close other programs and open the video again.
fetch-not-found = The server does not have this part of the video any more; it was removed or prepared anew. Open it again.
fetch-unreadable = The server cannot read this part of the video from its disk. Tell the instructor.
fetch-mismatch = A part of the video arrived that is not what the catalogue names. Open it again.
fetch-gone = The connection to the class has ended.
decode-none = This computer has no decoder for { $codec }. Install the full package libavcodec.
decode-configuration = The prepared video is damaged: the decoder refuses it. Let the server prepare it again.
decode-damaged = A part of the video is damaged and cannot be decoded. Playback goes on at the next whole picture.
decode-format = The prepared video is damaged: its pictures have another form than they should. Let the server prepare it again.
decode-memory = There is not enough memory to decode. Close other programs, or choose a lower resolution.

## Why nothing is heard

silence-not-wanted = This viewer was opened without sound.
silence-no-device = No sound device was found, so the video plays silently. Connect one or start the sound server, then open the video again.
silence-not-connected = The sound device “{ $device }” is not connected, so the system's choice plays until it is. Connect it, or choose another one in the settings.
silence-unsupported = The sound device “{ $device }” cannot play 48 kHz stereo, so the video plays silently. Choose another device in the system's settings.
silence-lost = The sound device was lost, so the video plays on silently. Connect it again and reopen the video.
silence-decode = The video plays silently. { $why }

## Keys

keys-title = Keys
keys-everywhere = Everywhere
keys-catalogue = Among the videos
keys-stage = While a video is open
keys-tab = To the next or previous control
keys-press = Press what has the focus
keys-scale = Everything larger or smaller
keys-scale-reset = Everything at its own size
keys-settings = Settings
keys-quit = Close the window
keys-close = Close this list or a menu
keys-search = Search the titles
keys-search-clear = Empty and leave the search
keys-search-first = From the search to the first video
keys-cards = From card to card
keys-play = Play or pause
keys-ten = 10 s back or forward
keys-five = 5 s back or forward
keys-volume = Louder or quieter
keys-mute = Sound off or on
keys-zoom = Picture larger or smaller
keys-pan = Move the picture, also ⇧ ↑ and ⇧ ↓
keys-zoom-whole = The whole picture
keys-statistics = Statistics
keys-fullscreen = Full screen
keys-escape = Leave full screen
keys-ends = To the beginning or end
keys-chapter = To this or the previous chapter, to the next
keys-tenths = To so many tenths
keys-list = This list

## People

people-title = People
people-show = Show people
people-hide = Hide people
people-instructor = Instructor
people-you = You
people-reconnecting = Reconnecting
people-remove = Remove { $name }
people-remove-question = Remove { $name }?
people-remove-yes = Remove

## Status line

status-room = room { $room }
status-reconnecting = Reconnecting for { $for }
status-way = Media over the control port
status-way-refused = Port { $port } of the server refuses connections; pictures and sound come over its control port instead. Open port { $port } in the firewall of the server.
status-way-filtered = Port { $port } of the server does not answer; pictures and sound come over its control port instead. Open port { $port } in the firewall between.
status-round-trip = Round trip
status-quality = Resolution
status-buffer = Buffer
status-sound = Sound
status-sound-instead = Sound, other device
status-silent = Silent
status-muted = Muted
status-no-track = No sound track

## Settings

settings-title = Settings
settings-system = As the system
settings-colours = Colours
settings-dark = Dark
settings-light = Light
settings-language = Language
settings-scale = Size of everything
settings-motion = Motion
settings-motion-less = Nothing moves by itself
settings-motion-full = Full
settings-name = Your name in the next class
settings-name-hint = In the class you are in now, your name stays as it is.
settings-videos = Videos of a class that you start here
settings-videos-hint = A class that runs already keeps its folder.
settings-videos-choose = Choose a folder
settings-videos-default = Where it was at first
settings-output = Sound from

## When no window can be opened

window-no-display = No window can be opened: { $why }. Without a display, use the commands; `lectern --help` lists them.
window-no-graphics = This machine's graphics cannot draw the window: { $why }. Lectern needs OpenGL 2.1 or OpenGL ES 2.0. Install or update the graphics driver (on Debian and Ubuntu: libgl1-mesa-dri); Mesa draws without a graphics card too. The commands work without it; `lectern --help` lists them.

ahead-menu = More for { $title }
ahead-prepare = Prepare the class
ahead-each = about { $megabytes } MB on each machine
ahead-title = Everybody fetches { $title } ahead, in { $rung }
ahead-end = Stop
ahead-nobody = Nobody is here yet
ahead-ready = { $ready } of { $of } ready
ahead-ready-but = { $ready } of { $of } ready, { $unable } without space for it
ahead-own = { $percent } % is on this machine
ahead-own-all = All of it is on this machine
ahead-own-unable = This machine has no space for it; it will be fetched while it is watched
ahead-own-waits = It is fetched as soon as it is prepared
status-ahead = Fetched ahead
status-ahead-all = { $title }, all of it
status-ahead-part = { $title }, { $percent } %
