/** Claiming a device, and coming in. */
export const words = {
  "claim.title": "Add a device",
  "claim.read_only": "You can only view",
  "claim.read_only.why": "To add devices, ask whoever manages the home for permission.",

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
  "claim.picture.none": "There is no QR code in that picture. Try a closer, sharper one.",
  "claim.picture.unreadable": "This browser cannot open that picture.",
  "claim.problem.foreign": "This code is not a device's. Look for the one on the device itself.",
  "claim.problem.pairing":
    "This is a sign-in code for people, not a device's. Scan it with the camera of the phone that is to sign in.",

  "claim.heard": "New devices nearby",
  "claim.heard.none": "None at the moment. Switch the device on and it will appear here.",
  "claim.heard.seen": "heard {ago}",
  "claim.heard.gone": "no connection since {ago}",

  "claim.type": "By its serial number",
  "claim.serial": "Serial number",
  "claim.serial.hint": "As on the label, for example LGT0A1B2C3D4.",
  "claim.continue": "Continue",

  "claim.unheard": "This home has not heard from it yet; add it now and it joins as soon as it is heard.",
  "claim.name": "Name",
  "claim.room": "Room",
  "claim.room.none": "None",
  "claim.room.new": "A new one…",
  "claim.room.name": "Name of the new room",
  "claim.code": "The device's code",
  "claim.code.hint": "It is printed beside the QR code. If the device has none, leave it empty.",
  "claim.label": "This device is simulated. Its label would show this code:",
  "claim.scan": "Scan its QR code instead",
  "claim.add": "Add to the home",
  "claim.needs_code": "This device asks for its code. Scan its QR code, or type the code printed beside it.",
  "claim.wrong_code":
    "That is not this device's code. Check it on the label. After five wrong codes you have to wait 15 minutes, even with the right one.",
  "claim.closed":
    "This device can only be added right after it is switched on. Switch it off and on, and try again.",

  "claim.waiting": "Waiting for it to announce itself",
  "claim.waiting.how":
    "Nothing has been heard from {name} yet. Switch it on and connect it to the home network: it is added as soon as it is heard. Leave this page open.",
  "claim.taken": "Already in the home",
  "claim.taken.how": "Someone has already added {name}.",
  "claim.open": "See the device",
  "claim.done": "{name} is now in the home",
  "claim.done.room": "It could not be put in its room; you can do that in the device's settings. {why}",
  "claim.another": "Add another",

  "sign_in.title": "Sign in",
  "sign_in.enter": "Sign in",
  "sign_in.code": "One-time code",
  "sign_in.code.where": "Whoever manages the home makes it, under Home → People. It is valid for 10 minutes.",
  "sign_in.code.console": "Is that you? On the server's computer:",
  "sign_in.you": "YOUR_NAME",
  "sign_in.came_by_link": "The link you opened brings a code to sign in with.",
  "sign_in.wrong_code":
    "The code is wrong or has expired. Ask for another: each works once, within 10 minutes.",
  "sign_in.by_code": "Sign in with a code",
  "sign_in.by_password": "Sign in with name and password",
  "sign_in.name": "Name",
  "sign_in.password": "Password",
  "sign_in.password.where": "If you have none, sign in with a code.",
  "sign_in.wrong_password": "The name or the password is wrong.",
  "sign_in.too_many": "Too many failed attempts. Wait {wait} and try again.",
  "sign_in.inside": "You are already signed in",
  "sign_in.inside.as": "You opened a link with a sign-in code, but you are already signed in as {name}.",
  "sign_in.inside.open":
    "You opened a link with a sign-in code, but this home needs none. With the code you sign in under your own name.",
  "sign_in.use": "Use the code",
  "sign_in.ignore": "Stay as I am",
};
