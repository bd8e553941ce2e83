/** Claiming a device, and coming in. */
export const words = {
  "claim.title": "Add a device",
  "claim.read_only": "You may only look",
  "claim.read_only.why": "To add devices, ask whoever manages the house for permission.",

  "claim.qr": "By its QR code",
  "claim.qr.where": "It is on the device, on its box or in its manual.",
  "claim.camera.open": "Scan with the camera",
  "claim.camera.close": "Close the camera",
  "claim.camera.aim": "Point at the QR code until it fills the frame.",
  "claim.camera.view": "What the camera sees",
  "claim.camera.torch": "Light",
  "claim.camera.insecure":
    "The camera works over a secure connection (https) only. Take a picture of the code and choose it here, or type its number.",
  "claim.camera.denied":
    "The browser does not allow the camera. Permit it in this page's settings, or choose a picture of the code.",
  "claim.camera.none": "No camera was found. Choose a picture of the code, or type its number.",
  "claim.camera.busy": "Another app is using the camera. Close it and try again.",
  "claim.camera.broken": "The camera could not be read. Reload the page, or choose a picture of the code.",
  "claim.picture": "Choose a picture",
  "claim.picture.none": "There is no QR code to be seen in that picture. Try a closer, sharper one.",
  "claim.picture.unreadable": "That is no picture that this browser can open.",
  "claim.problem.foreign": "This code is not a device's. Look for the one on the device itself.",
  "claim.problem.pairing":
    "This code is for coming into the house, not a device's. Open it with the camera of the phone that is to come in.",

  "claim.heard": "Announcing themselves",
  "claim.heard.none": "None at the moment. Switch the device on nearby and it will appear here.",
  "claim.heard.seen": "heard {ago}",
  "claim.heard.gone": "no connection since {ago}",

  "claim.type": "By its number",
  "claim.serial": "Serial number",
  "claim.serial.hint": "As on the label, e.g. LGT0A1B2C3D4.",
  "claim.continue": "Continue",

  "claim.unheard": "It has not announced itself in this house yet; add it now and the house waits for it.",
  "claim.name": "Name",
  "claim.room": "Room",
  "claim.room.none": "None",
  "claim.room.new": "A new one…",
  "claim.room.name": "Name of the new room",
  "claim.code": "The device's code",
  "claim.code.hint": "It comes with the QR. If the device has none, leave it empty.",
  "claim.label": "This device is simulated. Its label would show this code:",
  "claim.scan": "I would rather scan its QR",
  "claim.add": "Add to the house",
  "claim.needs_code": "This device asks for its code. Scan its QR, or type the code that stands beside it.",
  "claim.wrong_code":
    "That is not this device's code. Check it on the label. After five wrong ones it takes a wait of 15 minutes, for the right one too.",
  "claim.closed":
    "This device can only be added right after it is switched on. Switch it off and on, and try again.",

  "claim.waiting": "Waiting for it to announce itself",
  "claim.waiting.how":
    "{name} has given no sign of life yet. Switch it on and connect it to the house's network: it is added as soon as it is heard. Leave this page open.",
  "claim.taken": "Already in the house",
  "claim.taken.how": "Somebody has already added {name}.",
  "claim.open": "See the device",
  "claim.done": "{name} is now in the house",
  "claim.done.room": "It could not be put in its room; you can do that in the device's settings. {why}",
  "claim.another": "Add another",

  "sign_in.title": "Come into the house",
  "sign_in.enter": "Come in",
  "sign_in.code": "One-time code",
  "sign_in.code.where": "Whoever manages the house makes it, under Home. It is good for 10 minutes.",
  "sign_in.code.console": "Is that you? On the server's computer:",
  "sign_in.you": "YOUR_NAME",
  "sign_in.came_by_link": "The link that you have opened brings a code to come in with.",
  "sign_in.wrong_code":
    "The code is wrong or has expired. Ask for another: each is good once, for 10 minutes.",
  "sign_in.by_code": "Come in with a code",
  "sign_in.by_password": "Come in with name and password",
  "sign_in.name": "Name",
  "sign_in.password": "Password",
  "sign_in.password.where": "If you have none, come in with a code.",
  "sign_in.wrong_password": "The name or the password is wrong.",
  "sign_in.too_many": "Too many failed attempts. Wait {wait} and try again.",
  "sign_in.inside": "You are already inside",
  "sign_in.inside.as":
    "You have opened a link with a code to come in, and are already in the house as {name}.",
  "sign_in.inside.open":
    "You have opened a link with a code to come in, but this house needs none. With the code you come in under your name.",
  "sign_in.use": "Use the code",
  "sign_in.ignore": "Stay as I am",
};
