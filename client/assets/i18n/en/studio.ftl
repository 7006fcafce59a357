# Showing something to the class: the Class view, the strip, the projector, the floor.
rail-class = Class
studio-picture = What you show
studio-badge = ON AIR
studio-here = { $n ->
    [0] Nobody else is here yet
    [one] { $n } person is here
   *[other] { $n } people are here
}
studio-here-live = { $n ->
    [0] On air; nobody else is here yet
    [one] { $n } person can see it
   *[other] { $n } people can see it
}
studio-choose = What will the class see?
studio-choose-hint = Choose a source below. You see it here first; the class sees it when you go on air.
studio-sound-alone = Sound alone
studio-sound-alone-hint = There is nothing to see. On air, the class hears you.
studio-sources = Sources
studio-looking = Looking for cameras, screens and microphones
studio-look-again = Look again
studio-choose-source = Show { $name }
studio-screen = Screen { $name }
studio-file = Video file…
studio-devices-failed = It is not known which devices there are: { $why }
studio-no-camera = No camera was found. Connect one and look again; everything else can be shown without.
studio-no-screen = The screen cannot be shown: { $why }
studio-go = Go on air
studio-go-hint = The class sees it at once
studio-going = Going on air
studio-on-air = On air
studio-stop-hint = Press to stop
studio-choose-first = Choose a source first
studio-opening-source = The source is being opened
studio-sound = Sound
studio-sound-now = Sound: { $name }
studio-no-sound = No sound
studio-tone = Test tone
studio-microphone-default = The system's microphone
studio-file-sound = The file brings its own sound.
studio-level = Level { $db } dB
studio-silent = Nothing is heard from this microphone. Switch it on, or choose another one.
studio-quality-now = Resolution { $rung }
studio-freeze = Freeze
studio-unfreeze = Go on
studio-strip = Strip
studio-projector = Projector
studio-quiet = Quiet
studio-quiet-hint = stops what students show
studio-quiet-end = Open the class
studio-failed = It cannot be shown: { $why }
studio-ended = The source has come to its end. Choose it again to begin anew.
studio-trouble = { $why }
studio-off-port = Not on air: the server's media port does not answer. It is tried again; check the server's firewall.
studio-off-lost = Not on air: the connection to the server was lost. It comes back on air by itself.
studio-off-room = Off air: an instructor ended it, or nothing came of it.
studio-off-right = Not on air: you do not have the stage. Ask the instructor for it.
studio-off-quiet = Not on air: it is quiet. Try again when the instructor has opened the class.
studio-off-name = Not on air: somebody else shows something of this name.
studio-off-many = Not on air: as much is shown already as the room takes. End something first.
studio-off-offer = Not on air: the server does not take this size or resolution. Choose another resolution.
studio-end = You are on air
studio-end-hint = If you leave, the class sees and hears you no more.
studio-end-yes = End and leave
studio-end-no = Stay on air
live-frozen = Frozen
strip-title = Lectern: on air
strip-off-air = Off air
strip-stop = Stop
strip-close = Close the strip
strip-move = Move the strip
projector-title = Lectern: projector
floor-quiet = It is quiet: only the instructor shows something.
floor-quiet-instructor = It is quiet: students show nothing until you open the class again.
floor-stage = You have the stage: what you put on air, the class sees.
floor-show = Show something
people-give-stage = Give { $name } the stage
people-take-stage = Take the stage from { $name }
people-stage = On stage
people-live = On air
keys-quiet = Instructor: quiet, and open again
keys-projector = Instructor: the projector's window
