# The room: hands, the door, polls.

hand-raise = Raise hand
hand-lower = Lower hand
hand-place = Hand raised, number { $n }
people-menu = More for { $name }
people-mute = Mute
people-muted = Muted
people-speaking = Speaking
people-ban = Remove and keep out
room-menu = The room
room-lock = Lock: nobody new comes in
room-waiting = Whoever is new waits
room-attention = Everybody sees the stage
room-poll = New poll
room-pardon = Let { $name } come again
door-waiting = { $n ->
    [one] 1 person waits
   *[other] { $n } people wait
}
door-admit-all = Let all in
door-admit = Let { $name } in
door-turn-away = Turn { $name } away
door-more = and { $n } more
join-at-door = Waiting to be let in: { $for }
poll-hint = Choose an answer; it can be changed until the poll is closed.
poll-answered = Answered; it can be changed until the poll is closed.
poll-count = { $answer }: { $n }
poll-open = { $n ->
    [one] 1 answer so far
   *[other] { $n } answers so far
}
poll-closed = { $n ->
    [one] Closed with 1 answer
   *[other] Closed with { $n } answers
}
poll-close = Close and show all
poll-put-away = Put the poll away
poll-question = Question
poll-answer = Answer { $n }
poll-ask = Ask
poll-more = Another answer
refused-tool = That was not done: { $why }
because-bad-code = a code is good for a minute to 30 days and for 1 to 1000 people.
error-wrong-code = The access code of the link is not good: it is mistyped, expired, used up or revoked. Ask the instructor for another.
people-assistant = Assistant
people-guest = Guest
room-code = Access codes for guests
code-title = Access code for guests
code-good = Good for { $hours } hours and { $n } people. It is shown this once.
code-copy = Copy the link
code-revoke = Revoke
code-put-away = Put away
error-room-closed = { $by } closed the room.
because-bad-room = a room needs a name that no other has, and a password.
because-no-such-room = no room of this name was opened; the first room stays.
code-list = Codes that are good
code-new = New code
code-none = There is none.
code-line = No. { $number }: { $used } of { $uses } have come in, good until { $day }
code-revoke-one = Revoke no. { $number }
