# Podcasts.
rail-podcast = Podcast
podcast-channels = { $n ->
    [one] { $n } channel
   *[other] { $n } channels
}
podcast-none = No podcast runs
podcast-none-student = When your instructor starts one it stands here, and you hear it with one click.
podcast-none-instructor = Send your microphone or an audio file, and everybody can listen.
podcast-listen = Listen
podcast-listen-to = Listen to { $name }
podcast-microphone-by = { $name }, from the microphone
podcast-file-by = A file, started by { $name }
podcast-paused = Paused by you
podcast-pause = Pause
podcast-resume = Go on
podcast-edge = To what is heard now
podcast-lag = { $ms } ms after it was sent
podcast-own-place = You hear it from your own place
podcast-behind = { $time } behind the others
podcast-waits-live = You go on with what is said then.
podcast-waits-file = You go on where you stopped.
podcast-pause-live = Pause stops your sound alone. When you go on, you hear what is said then.
podcast-pause-file = Pause stops your sound alone. When you go on, you hear the file where you stopped.
podcast-rest = You hear the rest of the file
podcast-ended = Ended
podcast-ended-hint = Whoever sent this has ended it.
podcast-wave = How loud the last half minute was
podcast-ago = { $s } s ago
podcast-now = now
podcast-stopped = your place
podcast-own = Your sound
podcast-no-device = The system's device
podcast-distance = Distance from the class
podcast-way = Comes over
podcast-concealed = Bridged
podcast-packets = { $n ->
    [one] { $n } packet
   *[other] { $n } packets
}
podcast-send = Send a podcast
podcast-send-microphone = From the microphone
podcast-send-file = An audio file…
podcast-send-stop = Stop the podcast
podcast-send-starting = The podcast starts…
podcast-sends-microphone = The class hears your microphone
podcast-sends-file = The class hears { $name }
podcast-microphones = Microphone
podcast-level = Level: { $db } dB
podcast-pick-file = The audio file that the class hears
trim-title = Delay of this device
trim-of = Delay of { $device } in milliseconds
trim-hint = To the right it is heard later than others, to the left earlier: for a device that is late by itself.
together-title = Together in one room
together-on = On
together-off = Off
together-hint = On: what is live starts silent on students' machines, so that the room does not howl. Headphones play.
together-muted = Muted: you are in one room. Headphones?
together-headphones = I wear headphones
together-headphones-on = You wear headphones, so you hear what is live.
podcast-end = Your podcast is heard
podcast-end-hint = If you leave, it ends, and nobody hears it any more.
